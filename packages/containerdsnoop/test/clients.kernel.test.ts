// Filters by the client: its connections, whole, and no others.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import type { CaptureOptions } from '../src/capture/capture.js';
import { captured, Streams } from './streams.js';

let streams: Streams;
beforeEach((context) => {
  requireKernel(context, lacksRoot());
  streams = new Streams();
});
afterEach(() => streams?.remove());

const SOME = { connections: 3, bytes: 50_021 };
const ALL = 2 * SOME.connections * SOME.bytes;
const UID = 0;

async function bytesOf(filters: CaptureOptions['filters'], late = false): Promise<number> {
  await streams.start({ ...SOME, late });
  const options = { addresses: [streams.path], ...(filters === undefined ? {} : { filters }) };
  const { all } = await captured(options, () => streams.finish());
  const parts = [...all.streams.values()].flatMap((one) => one.parts);
  return parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

const uids = (mode: 'include' | 'exclude', uid: number) => ({
  uids: { mode, values: new Set([uid]) },
});

test('a user that is wanted', async () => {
  expect(await bytesOf(uids('include', UID))).toBe(ALL);
  expect(await bytesOf(uids('exclude', UID + 1))).toBe(ALL);
});

test('a user that is not', async () => {
  expect(await bytesOf(uids('exclude', UID))).toBe(0);
  expect(await bytesOf(uids('include', UID + 1))).toBe(0);
});

test('connections that are open at the start', async () => {
  expect(await bytesOf(uids('exclude', UID), true)).toBe(0);
  expect(await bytesOf(uids('include', UID), true)).toBeGreaterThan(ALL / 4);
});
