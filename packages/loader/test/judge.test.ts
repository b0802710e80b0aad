// Events of owners not known yet are held until they are, in bounded number and in order.
import type { StructLayout } from '@imagesnoop/bpf-core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Cursor, Layout } from '../src/index.js';
import { Judge, type Owner } from '../src/judge.js';

const unsigned = (name: string, offset: number, size: number) => ({
  ...{ name, offset, size, kind: 'int', signed: false, type: `__u${size * 8}` },
});
const HEADER = new Layout({
  ...{ name: 'event_header', kind: 'struct', type: 'event_header', size: 64 },
  fields: [unsigned('cgroup_id', 8, 8), unsigned('pid', 20, 4), unsigned('mntns', 40, 4)],
} as unknown as StructLayout);

/** Events as numbers: the pid tells them apart. */
function event(cgroupId: number, pid: number, size = 64): Cursor {
  const bytes = Buffer.alloc(size);
  bytes.writeBigUInt64LE(BigInt(cgroupId), 8);
  bytes.writeUInt32LE(pid, 20);
  return Cursor.over(bytes);
}

class Court {
  readonly answers = new Map<number, boolean>();
  readonly asked: number[] = [];
  readonly others = new Set<number>();
  ready = 0;
  lost = 0;
  readonly judge = new Judge({
    header: HEADER,
    verdict: ({ cgroupId }: Owner, isLast) => {
      this.asked.push(cgroupId);
      return this.answers.get(cgroupId) ?? (isLast ? false : undefined);
    },
    others: {
      add: ({ cgroupId }) => void this.others.add(cgroupId),
      delete: ({ cgroupId }) => void this.others.delete(cgroupId),
    },
    onReady: () => this.ready++,
    onLost: () => this.lost++,
  });

  sift(...rows: Cursor[]): number[] {
    return [...this.judge.sift(rows)].map((row) => HEADER.u32('pid')(row));
  }
}

let court: Court;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  court = new Court();
});
afterEach(() => {
  court.judge.close();
  vi.useRealTimers();
});

test('who is known is asked for once, and the unwanted are told to the kernel', () => {
  court.answers.set(1, true).set(2, false);
  expect(court.sift(event(1, 10), event(2, 20), event(1, 11), event(2, 21))).toEqual([10, 11]);
  expect(court.asked).toEqual([1, 2]);
  expect([...court.others]).toEqual([2]);
});

describe('who is not known yet', () => {
  test('is held, and comes in order once it is wanted', () => {
    court.answers.set(1, true);
    expect(court.sift(event(3, 30), event(1, 10), event(3, 31))).toEqual([10]);
    court.answers.set(3, true);
    court.judge.reconsider();
    expect(court.ready).toBe(1);
    expect(court.sift(event(3, 32), event(1, 11))).toEqual([30, 31, 32, 11]);
  });

  test('is asked for again by itself, and forgotten when it is not wanted', () => {
    expect(court.sift(event(3, 30))).toEqual([]);
    court.answers.set(3, false);
    vi.advanceTimersByTime(20);
    expect([court.ready, ...court.others]).toEqual([0, 3]);
    expect(court.sift(event(3, 31))).toEqual([]);
  });

  test('is unwanted when nobody has known it for two seconds', () => {
    court.sift(event(3, 30));
    vi.advanceTimersByTime(1980);
    expect(court.others.size).toBe(0);
    vi.advanceTimersByTime(40);
    expect([...court.others]).toEqual([3]);
  });

  test('gets its last answer at the end', () => {
    court.sift(event(3, 30), event(4, 40));
    court.answers.set(4, true);
    expect([...court.judge.rest()].map((row) => HEADER.u32('pid')(row))).toEqual([40]);
  });
});

test('what was judged is judged anew when something became known', () => {
  court.answers.set(2, false);
  expect(court.sift(event(2, 20))).toEqual([]);
  court.answers.set(2, true);
  court.judge.reconsider();
  expect(court.others.size).toBe(0);
  expect(court.sift(event(2, 21))).toEqual([21]);
});

test('what does not fit is counted', () => {
  const large = Array.from({ length: 9 }, (_, pid) => event(3, pid, 1 << 20));
  expect(court.sift(...large)).toEqual([]);
  expect(court.lost).toBe(1);
  court.answers.set(3, true);
  court.judge.reconsider();
  expect(court.sift()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
