import type { FieldType } from '@imagesnoop/bpf-core';
import { describe, expect, test } from 'vitest';
import { plain } from '../src/plain.js';
import { EVENT } from './structs.js';

const int = (size: number, signed = false) =>
  ({ kind: 'int', size, signed, type: 'int' }) as unknown as FieldType;

describe('values', () => {
  test('integers of any width, beyond 2^53 as text', () => {
    const bytes = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(plain(int(1), bytes)).toBe(255);
    expect(plain(int(4, true), bytes)).toBe(-1);
    expect(plain(int(8), bytes)).toBe('18446744073709551615');
    expect(plain(int(8, true), bytes)).toBe(-1);
    expect(plain(int(8), bytes, 4)).toBe(null);
  });

  test('enums by name, pointers and foreign bytes in hex', () => {
    const color = { kind: 'enum', size: 4, signed: false, values: [{ name: 'RED', value: 1 }] };
    expect(plain(color as unknown as FieldType, Uint8Array.of(1, 0, 0, 0))).toBe('RED');
    expect(plain(color as unknown as FieldType, Uint8Array.of(9, 0, 0, 0))).toBe(9);
    const pointer = { kind: 'pointer', size: 8 } as unknown as FieldType;
    expect(plain(pointer, Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0x80))).toBe('0x8000000000000201');
    const bytes = { kind: 'array', size: 3, count: 3, element: int(1) } as unknown as FieldType;
    expect(plain(bytes, Uint8Array.of(1, 2, 255))).toBe('0102ff');
  });

  test('a struct with an embedded one, bit fields and a flexible tail', () => {
    const record = Buffer.alloc(103);
    record.writeUInt32LE(4242, 20);
    record.write('node', 48);
    record.writeInt32LE(-2, 64);
    record.writeUInt32LE(((-5 & 0x1fff) << 3) | 6, 80);
    record.write('/a/b/c', 96);
    expect(plain(EVENT as unknown as FieldType, record)).toMatchObject({
      header: { pid: 4242, comm: 'node' },
      ret: -2,
      low: 6,
      middle: -5,
      path: '/a/b/c',
    });
  });

  test('members of anonymous unions stand beside the others', () => {
    const inner = {
      name: '',
      offset: 4,
      kind: 'union',
      size: 4,
      fields: [
        { ...int(4), name: 'whole', offset: 0 },
        { ...int(2), name: 'half', offset: 0 },
      ],
    };
    const outer = {
      kind: 'struct',
      size: 8,
      fields: [{ ...int(4), name: 'first', offset: 0 }, inner],
    };
    const bytes = Uint8Array.of(1, 0, 0, 0, 2, 0, 1, 0);
    expect(plain(outer as unknown as FieldType, bytes)).toEqual({
      first: 1,
      whole: 65538,
      half: 2,
    });
  });

  test('what lies beyond a short record is null, never another record', () => {
    expect(plain(EVENT as unknown as FieldType, new Uint8Array(30))).toMatchObject({
      header: { pid: 0, comm: '' },
      ret: null,
      path: '',
    });
  });
});
