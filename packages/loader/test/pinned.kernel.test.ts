// --mntnsmap and --cgroupmap: maps that another program pinned. Needs a bpf file system, which is
// mounted for this test alone.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfObject } from '@imagesnoop/bpf-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { openTracer } from '../src/index.js';
import { caller, ended, OBJECT, planOf, seenDuring, WORKING } from './calls.js';

const CALLS = 53;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpffs-'));
  if (lacksRoot() === null) execFileSync('mount', ['-t', 'bpf', 'bpf', folder]);
});

afterAll(() => {
  if (lacksRoot() === null) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
});

/** Pins two maps: of mount namespaces, and one that has not the right form. */
function pinMaps(): { holder: BpfObject; good: string; bad: string } {
  const holder = BpfObject.open(OBJECT.pathname);
  for (const program of holder.programs) program.autoload = false;
  holder.map('filter_mntns').maxEntries = 16;
  holder.load();
  const [good, bad] = [join(folder, 'mntns'), join(folder, 'uids')] as const;
  holder.map('filter_mntns').pin(good);
  holder.map('filter_uids').pin(bad);
  return { holder, good, bad };
}

test('a pinned map decides, and whoever owns it may change it any time', async (context) => {
  requireKernel(context, lacksRoot() ?? lacksBtf());
  const { holder, good, bad } = pinMaps();
  const ours = Buffer.alloc(8);
  ours.writeBigUInt64LE(BigInt(/\d+/.exec(readlinkSync('/proc/self/ns/mnt'))?.[0] as string));
  const tracer = await openTracer(planOf(...WORKING), { filters: { mntnsMap: good } });
  const pids: number[] = [];
  const call = async (): Promise<void> => {
    const child = caller(CALLS);
    pids.push(child.pid as number);
    await ended(child);
  };
  const seen = await seenDuring(tracer, async () => {
    await call();
    holder.map('filter_mntns').update(ours, 1);
    await call();
    holder.map('filter_mntns').delete(ours);
    await call();
  });
  tracer.close();
  expect([...seen.byPid]).toEqual([[pids[1], CALLS]]);

  const wrong = openTracer(planOf(...WORKING), { filters: { cgroupMap: bad } });
  await expect(wrong).rejects.toMatchObject({ code: 'FILTER_MAP_SHAPE', exitCode: 2 });
  holder.close();
});
