// Every byte through a socket, once and in order, whatever calls write and read it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { captured, check, Streams, streamOf } from './streams.js';

let streams: Streams;
beforeEach((context) => {
  requireKernel(context, lacksRoot());
  streams = new Streams();
});
afterEach(() => streams?.remove());

const READERS = ['read', 'readv', 'recv', 'recvmsg', 'recvmmsg', 'preadv2', 'peek', 'waitall'];
const WRITERS = ['write', 'writev', 'sendto', 'sendmsg', 'sendmmsg', 'pwritev2', 'dontwait'];

async function exact(options: {
  connections: number;
  bytes: number;
  writer?: string;
  reader?: string;
}) {
  const { connections, bytes } = options;
  await streams.start(options);
  const { all, unseen } = await captured({ addresses: [streams.path] }, () => streams.finish());
  expect(all.losses).toEqual({});
  expect(unseen).toEqual({ buffer: 0, reader: 0, memory: 0, pieces: 0, splice: 0, waiting: 0 });
  expect(all.streams.size).toBe(2 * connections);
  const found = new Set<number>();
  for (const seen of all.streams.values()) {
    const stream = streamOf(seen, connections);
    found.add(stream);
    expect(check(seen, stream)).toEqual({ there: bytes, holes: 0 });
  }
  expect(found.size).toBe(2 * connections);
  expect(all.opened.size).toBe(connections);
  expect(all.closed.size).toBe(connections);
  for (const { fromStart, client, server } of all.opened.values()) {
    expect(fromStart).toBe(true);
    expect([client?.pid, server?.pid]).toEqual([streams.pid, streams.pid]);
  }
  return all;
}

describe('byte for byte', () => {
  test.each(READERS)('read by %s', async (reader) => {
    await exact({ connections: 3, bytes: 1_500_007, reader });
  });

  test.each(WRITERS)('written by %s', async (writer) => {
    await exact({ connections: 3, bytes: 1_500_007, writer });
  });

  test('many connections, every call at random', async () => {
    const all = await exact({ connections: 37, bytes: 700_001 });
    for (const { client, server } of all.chunks)
      expect([client?.pid, server?.pid]).toEqual([streams.pid, streams.pid]);
  });

  test('with the threads that wrote', async () => {
    const all = await exact({ connections: 7, bytes: 700_001, writer: 'dontwait' });
    const writers = new Map<string, Set<number>>();
    let unknown = 0;
    const data = all.chunks.filter(({ kind }) => kind === 'data');
    for (const { conn, toServer, client, server } of data) {
      const [writer, reader] = toServer ? [client, server] : [server, client];
      expect([writer?.comm, reader?.comm]).toEqual(['streams', 'streams']);
      expect(reader?.tid).not.toBe(null);
      const stream = `${conn} ${toServer}`;
      const threads = writers.get(stream) ?? writers.set(stream, new Set()).get(stream);
      // The write had not returned yet when its bytes were read.
      if (writer?.tid == null) unknown++;
      else threads?.add(writer.tid);
    }
    expect(unknown / data.length).toBeLessThan(0.02);
    expect([...writers.values()].map(({ size }) => size)).toEqual(Array(14).fill(1));
  });
});

test('connections whose ends are both used for the first time at once', async () => {
  const connections = 10_000;
  const source = new URL('./workload/meet.c', import.meta.url).pathname;
  const child = spawn(compiled(source), [streams.path, String(connections)]);
  await once(child.stdout, 'data');
  const { all } = await captured({ addresses: [streams.path] }, async () => {
    const ended = once(child, 'close');
    child.stdin.end('\n');
    expect((await ended)[0]).toBe(0);
  });
  expect(all.losses).toEqual({});
  expect([all.opened.size, all.closed.size]).toEqual([connections, connections]);
  const lengths = [...all.streams.values()].flatMap(({ parts }) =>
    parts.map(({ bytes }) => bytes.length),
  );
  expect(lengths).toEqual(Array(2 * connections).fill(1));
});

test('a buffer that is too small: holes are known to the byte', async () => {
  const connections = 7;
  const bytes = 3_000_017;
  await streams.start({ connections, bytes });
  const options = { addresses: [streams.path], buffer: 64 << 10 };
  const { all, unseen } = await captured(options, () => streams.finish());
  expect(all.lost).toBeGreaterThan(0);
  let holes = 0;
  for (const seen of all.streams.values()) {
    const stream = streamOf(seen, connections);
    const result = check(seen, stream);
    // The last records may be lost, too, and then the record of the close may be.
    const end = seen.parts.reduce((most, { offset, length }) => Math.max(most, offset + length), 0);
    holes += bytes - result.there;
    expect(end).toBeLessThanOrEqual(bytes);
  }
  holes += (2 * connections - all.streams.size) * bytes;
  expect(unseen.buffer).toBe(holes);
});

test('connections that are open at the start', async () => {
  const connections = 11;
  const bytes = 1_000_003;
  await streams.start({ connections, bytes, reader: 'recvmsg', late: true });
  const { all } = await captured({ addresses: [streams.path] }, () => streams.finish());
  expect(all.losses).toEqual({});
  expect(all.opened.size).toBe(connections);
  expect(all.streams.size).toBe(2 * connections);
  for (const { fromStart, client, server } of all.opened.values()) {
    expect(fromStart).toBe(false);
    expect([client?.pid, server?.pid]).toEqual([streams.pid, streams.pid]);
    expect([client?.comm, server?.comm]).toEqual(['streams', 'streams']);
  }
  for (const seen of all.streams.values()) {
    const length = seen.parts.reduce((sum, part) => sum + part.length, 0);
    const begin = bytes - length;
    expect(check(seen, streamOf(seen, connections, begin), begin).holes).toBe(0);
  }
});

test('open at the start, read by recvmmsg(): what is not known is a hole, never wrong', async () => {
  const connections = 3;
  const bytes = 300_007;
  await streams.start({ connections, bytes, reader: 'recvmmsg', late: true });
  const { all } = await captured({ addresses: [streams.path] }, () => streams.finish());
  expect(all.streams.size).toBe(2 * connections);
  for (const seen of all.streams.values()) {
    const begin = bytes - seen.parts.reduce((sum, { length }) => sum + length, 0);
    check(seen, streamOf(seen, connections, begin), begin);
  }
});
