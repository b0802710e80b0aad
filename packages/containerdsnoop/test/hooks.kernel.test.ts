// Each hook alone: the same bytes, openings and ends.
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import type { CaptureOptions } from '../src/capture/capture.js';
import { hooks } from '../src/hooks.js';
import { captured, check, Streams, streamOf } from './streams.js';

const HOOKS = [...new Set(Object.values(hooks).flatMap((all) => all.map(({ name }) => name)))];

let streams: Streams;
beforeEach((context) => {
  requireKernel(context, lacksRoot());
  streams = new Streams();
});
afterEach(() => streams?.remove());

/** Skips the running test where this kernel refuses the hook, and only for that. */
async function withHook(
  context: Parameters<typeof requireKernel>[0],
  options: CaptureOptions,
  run: () => Promise<void> = () => streams.finish(),
): ReturnType<typeof captured> {
  try {
    return await captured({ addresses: [streams.path], ...options }, run);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== 'HOOK_UNAVAILABLE') throw error;
    requireKernel(context, message);
    throw error;
  }
}

/** Links that this process holds, of whichever kind. */
function attachedLinks(): number {
  const files = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // that of the folder itself
    }
  });
  return files.filter((file) => /^anon_inode:(?:bpf_link|\[perf_event\])$/.test(file)).length;
}

describe.each(HOOKS)('[%s]', (hook) => {
  test(`byte for byte, by all calls, from the beginning [${hook}]`, async (context) => {
    const connections = 5;
    const bytes = 300_007;
    await streams.start({ connections, bytes });
    const { all, unseen } = await withHook(context, { hook });
    expect(all.losses).toEqual({});
    expect(unseen).toEqual({ buffer: 0, reader: 0, memory: 0, pieces: 0, splice: 0, waiting: 0 });
    expect(all.streams.size).toBe(2 * connections);
    for (const seen of all.streams.values())
      expect(check(seen, streamOf(seen, connections))).toEqual({ there: bytes, holes: 0 });
    expect(all.opened.size).toBe(connections);
    expect(all.closed.size).toBe(connections);
    for (const { fromStart, client, server } of all.opened.values())
      expect([fromStart, client?.pid, server?.pid]).toEqual([true, streams.pid, streams.pid]);
  });

  test(`connections that are open at the start [${hook}]`, async (context) => {
    const connections = 3;
    const bytes = 100_003;
    const begin = bytes >> 1;
    await streams.start({ connections, bytes, reader: 'recvmsg', late: true });
    let links = 0;
    const { all, unseen } = await withHook(context, { hook }, async () => {
      links = attachedLinks();
      await streams.finish();
      // What is there for the calls that wait at the start goes once all have read.
      await expect.poll(() => attachedLinks() < links).toBe(hook !== 'tracepoint');
    });
    expect(all.losses).toEqual({});
    expect([all.opened.size, all.closed.size]).toEqual([connections, connections]);
    expect(all.streams.size).toBe(2 * connections);
    for (const { fromStart, client } of all.opened.values())
      expect([fromStart, client?.comm]).toEqual([false, 'streams']);
    let waiting = 0;
    for (const seen of all.streams.values()) {
      const { there, holes } = check(seen, streamOf(seen, connections, begin), begin);
      expect(there + holes).toBe(bytes - begin);
      waiting += holes;
    }
    // All readers wait when the hooks are attached: what such a call takes is known, but not told.
    expect(waiting > 0).toBe(hook !== 'tracepoint');
    expect(unseen).toEqual({ buffer: 0, reader: 0, memory: 0, pieces: 0, splice: 0, waiting });
  });

  // No tracepoint sees splice(): holes.kernel.test.ts has what is noticed of it.
  test(`splice() between reads [${hook}]`, async (context) => {
    requireKernel(context, hook === 'tracepoint' ? 'no tracepoint sees splice()' : null);
    const bytes = 200_003;
    await streams.start({ connections: 2, bytes, reader: 'splice' });
    const { all, unseen } = await withHook(context, { hook });
    let holes = 0;
    for (const seen of all.streams.values()) {
      const result = check(seen, streamOf(seen, 2));
      expect(result.there + result.holes).toBe(bytes);
      holes += result.holes;
    }
    expect(holes).toBeGreaterThan(bytes);
    expect(unseen).toEqual({
      buffer: 0,
      reader: 0,
      memory: 0,
      pieces: 0,
      splice: holes,
      waiting: 0,
    });
  });

  test(`ends that are closed without having read [${hook}]`, async (context) => {
    await streams.start({ connections: 3, bytes: 1000, reader: 'none' });
    const { all } = await withHook(context, { hook });
    expect(all.opened.size).toBe(3);
    expect(all.closed.size).toBe(hook === 'tracepoint' ? 0 : 3);
    for (const seen of all.streams.values())
      expect(check(seen, 0)).toEqual({ there: 0, holes: 1000 });
    expect(all.streams.size).toBe(hook === 'tracepoint' ? 0 : 6);
  });
});
