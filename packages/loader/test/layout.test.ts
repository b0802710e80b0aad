import { describe, expect, test } from 'vitest';
import { Layout } from '../src/layout.js';
import { Cursor } from '../src/record.js';
import { EVENT } from './structs.js';

const layout = new Layout(EVENT);

function record(length = 120): { bytes: Uint8Array; view: DataView; at: Cursor } {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer), at: Cursor.over(bytes) };
}

describe('integers', () => {
  test('of each width, signed and unsigned', () => {
    const { view, at } = record();
    view.setUint32(20, 0xfffffffe, true);
    view.setInt32(64, -115, true);
    view.setUint16(68, 0xffff, true);
    view.setUint8(70, 0xff);
    view.setInt8(71, -3);
    expect(layout.u32('pid')(at)).toBe(0xfffffffe);
    expect(layout.i32('ret')(at)).toBe(-115);
    expect(layout.u32('ret')(at)).toBe(2 ** 32 - 115);
    expect(layout.u32('length')(at)).toBe(0xffff);
    expect(layout.u32('flag')(at)).toBe(0xff);
    expect(layout.i32('small')(at)).toBe(-3);
  });

  test('of 8 bytes, as number and exactly', () => {
    const { view, at } = record();
    view.setBigUint64(0, 2n ** 53n - 1n, true);
    view.setBigUint64(8, 2n ** 64n - 1n, true);
    view.setBigInt64(72, -(2n ** 40n) - 1n, true);
    expect(layout.u64('ts_ns')(at)).toBe(2 ** 53 - 1);
    expect(layout.big('cgroup_id')(at)).toBe(2n ** 64n - 1n);
    expect(layout.i64('delta')(at)).toBe(-(2 ** 40) - 1);
    expect(layout.big('delta')(at)).toBe(-(2n ** 40n) - 1n);
    expect(layout.u64('pid')(at)).toBe(0);
  });

  test('of packed structs, at odd offsets', () => {
    const { view, at } = record();
    view.setBigUint64(85, 0x0102030405060708n, true);
    view.setUint16(93, 0xabcd, true);
    expect(layout.big('packed')(at)).toBe(0x0102030405060708n);
    expect(layout.u64('packed')(at)).toBe(Number(0x0102030405060708n));
    expect(layout.u32('odd')(at)).toBe(0xabcd);
  });

  test('of bit fields', () => {
    const { view, at } = record();
    view.setUint32(80, (((-5 & 0x1fff) << 3) | 6) >>> 0, true);
    expect(layout.u32('low')(at)).toBe(6);
    expect(layout.i32('middle')(at)).toBe(-5);
  });

  test('follow the cursor to another record of the batch', () => {
    const { view, at } = record(240);
    const pid = layout.u32('pid');
    view.setUint32(20, 1, true);
    view.setUint32(120 + 20, 2, true);
    expect(pid(at)).toBe(1);
    at.base = 120;
    expect(pid(at)).toBe(2);
  });
});

describe('text', () => {
  test('ends at the first NUL, or where the field ends', () => {
    const { bytes, at } = record();
    const comm = layout.text('comm');
    bytes.set(Buffer.from('node\0junk'), 48);
    expect(comm(at)).toBe('node');
    expect([comm.start(at), comm.end(at)]).toEqual([48, 52]);
    bytes.fill(0x61, 48, 64);
    expect(comm(at)).toBe('a'.repeat(16));
  });

  test('of a given length keeps its NULs and never leaves the record', () => {
    const { bytes, view, at } = record();
    const path = layout.text('path', { length: layout.u32('length') });
    bytes.set(Buffer.from('a\0b'), 96);
    view.setUint16(68, 3, true);
    expect(path(at)).toBe('a\0b');
    view.setUint16(68, 0xffff, true);
    expect(path.end(at)).toBe(120);
    at.length = 90;
    expect(path(at)).toBe('');
  });

  test('without a length, a flexible member ends with the record', () => {
    const { bytes, at } = record();
    bytes.fill(0x7a, 96);
    expect(layout.text('path')(at)).toBe('z'.repeat(24));
    expect(layout.bytes('path')(at)).toHaveLength(24);
  });
});

describe('text behind the struct', () => {
  test('stands back to back and never leaves the record', () => {
    const { bytes, view, at } = record();
    const first = layout.tail({ length: layout.u32('length') });
    const second = layout.tail({ length: layout.i32('ret'), after: first });
    bytes.set(Buffer.from('oneNULtwo'), 96);
    view.setUint16(68, 3, true);
    view.setInt32(64, 6, true);
    expect([first(at), second(at)]).toEqual(['one', 'NULtwo']);
    view.setInt32(64, 1000, true);
    expect(second.end(at)).toBe(120);
    view.setInt32(64, -1000, true);
    expect(second(at)).toBe('');
    view.setUint16(68, 60000, true);
    expect([first.end(at), second.start(at), second.end(at)]).toEqual([120, 120, 120]);
  });
});

describe('mistakes', () => {
  test('an unknown field names those there are', () => {
    expect(() => layout.u32('pdi')).toThrow(
      expect.objectContaining({
        code: 'LAYOUT_NO_FIELD',
        hint: expect.stringContaining('header, ret'),
      }),
    );
  });

  test('a field of another type says what it is', () => {
    expect(() => layout.u32('ts_ns')).toThrow(
      expect.objectContaining({
        code: 'LAYOUT_TYPE',
        message: expect.stringContaining('int of 8 bytes'),
      }),
    );
    expect(() => layout.text('pid')).toThrow(expect.objectContaining({ code: 'LAYOUT_TYPE' }));
    expect(() => layout.big('pid')).toThrow(expect.objectContaining({ code: 'LAYOUT_TYPE' }));
  });

  test('names may lead through embedded structs', () => {
    expect(layout.has('header.pid')).toBe(true);
    expect(layout.has('header.nothing')).toBe(false);
    expect(layout.has('nothing.pid')).toBe(false);
  });

  test('a short record is refused', () => {
    expect(() => layout.check(record(95).at)).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_SHORT' }),
    );
    expect(() => layout.check(record(96).at)).not.toThrow();
  });
});
