// What cannot be captured is counted, and what is captured beside it stands where it belongs.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksRoot, lacksVersion, requireKernel } from '../../../tools/testing/kernel.js';
import { captured, check, Streams } from './streams.js';

let streams: Streams;
beforeEach((context) => {
  requireKernel(context, lacksRoot());
  streams = new Streams();
});
afterEach(() => streams?.remove());

const CONNECTIONS = 3;
const BYTES = 400_009;

test('read by io_uring: how much, not what', async () => {
  await streams.start({ connections: CONNECTIONS, bytes: BYTES, reader: 'uring' });
  const { all, unseen } = await captured({ addresses: [streams.path] }, () => streams.finish());
  expect(all.losses).toEqual({});
  expect(all.streams.size).toBe(2 * CONNECTIONS);
  for (const seen of all.streams.values())
    expect(check(seen, 0)).toEqual({ there: 0, holes: BYTES });
  expect(unseen).toEqual({
    ...{ buffer: 0, memory: 0, pieces: 0, splice: 0, waiting: 0 },
    reader: 2 * CONNECTIONS * BYTES,
  });
});

test('read by splice() and read() in turn: no byte is missing in the count', async (context) => {
  requireKernel(context, lacksVersion(6, 17));
  const writer = 'dontwait';
  await streams.start({ connections: CONNECTIONS, bytes: BYTES, writer, reader: 'splice' });
  const { all, unseen } = await captured({ addresses: [streams.path] }, () => streams.finish());
  expect(all.losses).toEqual({});
  let holes = 0;
  for (const { parts } of all.streams.values()) {
    const there = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const end = Math.max(...parts.map(({ offset, length }) => offset + length));
    expect(end).toBe(BYTES);
    expect(there).toBeGreaterThan(BYTES / 4);
    expect(there).toBeLessThan((3 * BYTES) / 4);
    holes += BYTES - there;
  }
  expect(unseen.splice).toBeGreaterThan(0);
  expect(unseen.splice).toBeLessThanOrEqual(holes);
});
