// Who wrote which part of a stream.
import { expect, test } from 'vitest';
import type { Owner } from '../src/capture/owner.js';
import { Writers } from '../src/capture/writers.js';

const owner = (tid: number) => ({ pid: 1, tid, comm: `t${tid}` }) as Owner;
const [A, B] = [owner(1), owner(2)];

function written(...writes: [offset: number, length: number, by: Owner][]): Writers {
  const writers = new Writers();
  for (const [offset, length, by] of writes)
    writers.add({ offset, end: offset + length, tsNs: offset, owner: by });
  return writers;
}

function parts(writers: Writers, offset: number, length: number) {
  return writers.parts(offset, length).map((part) => [part.length, part.owner?.tid ?? null]);
}

test('one read of several writes is told apart by thread', () => {
  const writers = written([0, 10, A], [10, 5, A], [15, 5, B]);
  expect(parts(writers, 0, 20)).toEqual([
    [15, 1],
    [5, 2],
  ]);
});

test('several reads of one write', () => {
  const writers = written([0, 100, A]);
  expect(parts(writers, 0, 30)).toEqual([[30, 1]]);
  expect(parts(writers, 30, 70)).toEqual([[70, 1]]);
});

test('a write that was not told, before, between and after', () => {
  const writers = written([10, 10, A], [30, 10, B]);
  expect(parts(writers, 0, 50)).toEqual([
    [10, null],
    [10, 1],
    [10, null],
    [10, 2],
    [10, null],
  ]);
});

test('nothing is told: one part, and the latest writer is known', () => {
  const writers = written([0, 10, A]);
  expect(parts(writers, 10, 5)).toEqual([[5, null]]);
  expect(writers.latest).toBe(A);
});

test('writes that were told in the other order', () => {
  const writers = written([10, 10, B], [0, 10, A]);
  expect(parts(writers, 0, 20)).toEqual([
    [10, 1],
    [10, 2],
  ]);
});

test('writes that nobody reads do not grow without bound', () => {
  const writers = new Writers();
  for (let i = 0; i < 100_000; i++) writers.add({ offset: i, end: i + 1, tsNs: i, owner: A });
  expect(writers.parts(99_990, 10)).toHaveLength(1);
  expect(parts(writers, 99_990, 10)).toEqual([[10, 1]]);
});
