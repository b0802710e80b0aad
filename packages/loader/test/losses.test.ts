import type { BpfMap } from '@imagesnoop/bpf-core';
import { expect, test } from 'vitest';
import { LossCounter } from '../src/losses.js';

/** A per-CPU array of three counters on two CPUs. */
function counters(values: number[][]): BpfMap {
  const bytes = (value: number): Uint8Array =>
    new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
  return {
    name: 'lost',
    maxEntries: values.length,
    lookupPerCpu: (key: number) => (values[key] as number[]).map(bytes),
  } as unknown as BpfMap;
}

test('losses are summed over CPUs, and each is reported once', () => {
  const values = [
    [3, 4],
    [0, 0],
    [0, 1],
  ];
  const losses = new LossCounter(counters(values));
  expect(losses.take()).toEqual([]);
  losses.read();
  expect(losses.take()).toMatchObject([
    { cause: 'ring_buffer_full', count: 7, total: 7 },
    { cause: 'truncated', count: 1, total: 1 },
  ]);
  losses.read();
  expect(losses.take()).toEqual([]);
  values[0] = [3, 10];
  losses.countUndecoded();
  losses.read();
  expect(losses.take()).toMatchObject([
    { cause: 'ring_buffer_full', count: 6, total: 13, hint: expect.stringContaining('--buffer') },
    { cause: 'decode', count: 1, total: 1 },
  ]);
  expect(losses.totals().map(({ cause, total }) => [cause, total])).toEqual([
    ['ring_buffer_full', 13],
    ['truncated', 1],
    ['decode', 1],
  ]);
});

test('runs that the kernel left out are summed over programs', () => {
  const missed = [2n, 0n, 3n];
  const programs = missed.map((_, at) => ({ info: () => ({ recursionMisses: missed[at] }) }));
  const losses = new LossCounter(undefined, programs as never);
  losses.read();
  expect(losses.take()).toMatchObject([{ cause: 'recursion', count: 5, total: 5 }]);
  missed[1] = 1n;
  losses.read();
  expect(losses.take()).toMatchObject([{ cause: 'recursion', count: 1, total: 6 }]);
});

test('without the map there is nothing to lose but what cannot be decoded', () => {
  const losses = new LossCounter(undefined);
  losses.read();
  expect(losses.totals()).toEqual([]);
});
