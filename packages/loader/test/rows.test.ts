import { describe, expect, test } from 'vitest';
import { Layout } from '../src/layout.js';
import { RecordShapes, Rows } from '../src/rows.js';
import { batchOf } from './batch.js';
import { random } from './random.js';
import { EVENT, SIMPLE_HEADER } from './structs.js';

const header = new Layout(SIMPLE_HEADER);
const event = new Layout(EVENT);

function setUp(withHeader = true) {
  let misfits = 0;
  const shapes = new RecordShapes(withHeader ? header : undefined, () => {
    misfits++;
  });
  return { shapes, rows: new Rows(shapes), misfits: () => misfits };
}

function ofType(type: number, length: number): Uint8Array {
  const record = new Uint8Array(length);
  new DataView(record.buffer).setUint32(16, type, true);
  return record;
}

describe('walking a batch', () => {
  test('gives each record its place, length and ring', () => {
    const { rows } = setUp(false);
    const batch = batchOf([new Uint8Array(3).fill(7), new Uint8Array(0), new Uint8Array(17)], 2);
    const seen = [...rows.reset(batch, batch.length)].map(() => 0);
    expect(seen).toHaveLength(3);
    const places: number[][] = [];
    for (const at of rows.reset(batch, batch.length)) places.push([at.base, at.length, at.ring]);
    expect(places).toEqual([
      [8, 3, 2],
      [24, 0, 2],
      [32, 17, 2],
    ]);
  });

  test('bytes beyond the given length are not looked at', () => {
    const { rows } = setUp(false);
    const batch = batchOf([new Uint8Array(8), new Uint8Array(8)]);
    let count = 0;
    for (const _ of rows.reset(batch, 16)) count++;
    expect(count).toBe(1);
  });

  test('records too short for their type, or of no known type, are counted and left out', () => {
    const { shapes, rows, misfits } = setUp();
    shapes.expect(event, 1);
    const batch = batchOf([
      ofType(1, 96),
      ofType(1, 95),
      ofType(2, 200),
      ofType(1, 130),
      new Uint8Array(20),
    ]);
    let count = 0;
    for (const _ of rows.reset(batch, batch.length)) count++;
    expect(count).toBe(2);
    expect(misfits()).toBe(3);
  });

  test('a batch that is cut in the middle of a record ends there', () => {
    const { rows, misfits } = setUp(false);
    const batch = batchOf([new Uint8Array(8), new Uint8Array(64)]);
    let count = 0;
    for (const _ of rows.reset(batch, 40)) count++;
    expect(count).toBe(1);
    expect(misfits()).toBe(1);
  });
});

test('random batches never throw, and no reader leaves its record', () => {
  const next = random(20260101);
  const { shapes, rows } = setUp();
  shapes.expect(event, undefined);
  const numbers = [event.u32('pid'), event.i32('ret'), event.u64('ts_ns'), event.i32('middle')];
  const bigs = [event.big('cgroup_id'), event.big('packed')];
  const spans = [
    event.text('comm'),
    event.text('path'),
    event.text('path', { length: event.u32('length') }),
    event.bytes('path', { length: event.i32('ret') }),
    event.tail({ length: event.u32('pid') }),
    event.tail({ length: event.i32('small'), after: event.tail({ length: event.u32('flag') }) }),
  ];
  for (let round = 0; round < 3000; round++) {
    const batch = new Uint8Array((next() % 600) & ~7);
    for (let index = 0; index < batch.length; index++) batch[index] = next();
    if (next() % 4 !== 0) {
      const view = new DataView(batch.buffer);
      for (let at = 0; at + 8 <= batch.length; ) {
        const length = next() % 200;
        view.setUint32(at, length, true);
        at += 8 + ((length + 7) & ~7);
      }
    }
    for (const at of rows.reset(batch, batch.length)) {
      expect(at.base + at.length).toBeLessThanOrEqual(batch.length);
      expect(at.length).toBeGreaterThanOrEqual(event.size);
      for (const read of numbers) expect(Number.isFinite(read(at))).toBe(true);
      for (const read of bigs) expect(typeof read(at)).toBe('bigint');
      for (const span of spans) {
        expect(span.start(at)).toBeGreaterThanOrEqual(at.base);
        expect(span.end(at)).toBeGreaterThanOrEqual(span.start(at));
        expect(span.end(at)).toBeLessThanOrEqual(at.base + at.length);
        span(at);
      }
    }
  }
});
