import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BpfObject } from '../src/index.js';
import type { Field } from '../src/layout.js';
import { OBJECT, outcome } from './support.js';

const open = () => BpfObject.open(OBJECT);

/** One line for each field of a struct, nested ones indented. */
const lines = (fields: readonly Field[], indent = ''): string[] =>
  fields.flatMap((field) => {
    const bits = field.bits === undefined ? '' : ` bits ${field.bitOffset}+${field.bits}`;
    const count = field.count === undefined ? '' : `[${field.count}] of ${field.element?.kind}`;
    return [
      `${indent}${field.offset}+${field.size} ${field.name} ${field.kind}${count}${bits}`,
      ...lines(field.fields ?? [], `${indent}  `),
    ];
  });

test('an object tells its programs and maps without touching the kernel', () => {
  using object = open();
  const tcx = object.program('packet_tcx');
  expect(tcx).toMatchObject({ section: 'tcx/ingress', type: 'sched_cls' });
  expect(tcx.expectedAttachType).toBe('tcx_ingress');
  const table = object.map('table');
  expect(table).toMatchObject({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 64 });
  expect(object.loaded).toBe(false);
});

test('opens bytes as well as a path', () => {
  using object = BpfObject.open(readFileSync(OBJECT), { name: 'mine' });
  expect(object.name).toBe('mine');
  expect(object.programs.length).toBeGreaterThan(5);
});

test('what is no object is refused with what libbpf says', () => {
  expect(outcome(() => BpfObject.open('/nonexistent.bpf.o'))).toBe('BPF_OPEN_FAILED');
  expect(outcome(() => BpfObject.open(new Uint8Array(64)))).toBe('BPF_OPEN_FAILED');
  expect(outcome(() => BpfObject.open(new Uint8Array(0)))).toBe('BPF_OPEN_FAILED');
  expect(() => BpfObject.open(new Uint8Array(64))).toThrow(/cannot open object object: .*ELF/);
});

test('a truncated or damaged object is refused or opens, and never ends the process', () => {
  const whole = readFileSync(OBJECT);
  for (let length = 0; length < whole.length; length += 331) {
    expect(outcome(() => BpfObject.open(whole.subarray(0, length)))).toMatch(/^(BPF_|fine)/);
  }
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % below;
  };
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from(whole);
    for (let i = 0; i < 8; i++) bytes[random(bytes.length)] = random(256);
    const result = outcome(() => {
      using object = BpfObject.open(bytes);
      object.struct('record');
      for (const map of object.maps) map.types();
    });
    expect(result).toMatch(/^(BPF_|fine)/);
  }
});

test('names that are not there are told with those that are', () => {
  using object = open();
  expect(outcome(() => object.program('nope'))).toBe('BPF_NO_SUCH_PROGRAM');
  expect(outcome(() => object.map('nope'))).toBe('BPF_NO_SUCH_MAP');
  expect(() => object.map('nope')).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/table/) }),
  );
});

describe('layouts', () => {
  test('every kind of field has its place', () => {
    using object = open();
    const record = object.struct('record');
    expect(record?.size).toBe(64);
    expect(lines(record?.fields ?? [])).toEqual([
      '0+8 sequence int',
      '8+4 pid int',
      '12+4 delta int',
      '16+4 inner struct',
      '  0+2 left int',
      '  2+1 right int',
      '  3+1 flag bool',
      '20+4 color enum',
      '24+16 text array[16] of char',
      '40+4 low int bits 0+3',
      '40+4 high int bits 3+9',
      '44+4  union',
      '  0+4 word int',
      '  0+4 octets array[4] of int',
      '48+6 numbers array[3] of int',
      '56+8 pointer pointer',
    ]);
    expect(record?.fields[4]?.values).toEqual([
      { name: 'RED', value: 0 },
      { name: 'GREEN', value: 7 },
      { name: 'BLUE', value: -1 },
    ]);
    expect(record?.fields.map((field) => field.signed)).toContain(true);
    expect(object.struct('nope')).toBeUndefined();
  });

  test('a map tells its key and value', () => {
    using object = open();
    expect(object.mapTypes('table')).toMatchObject({
      key: { type: '__u32', size: 4 },
      value: { type: '__u64', size: 8 },
    });
  });

  test('a layout costs far less than a millisecond', () => {
    using object = open();
    object.struct('record');
    const start = performance.now();
    for (let i = 0; i < 20; i++) object.struct('record');
    expect((performance.now() - start) / 20).toBeLessThan(1);
  });
});

describe('globals', () => {
  test('take integers of their size, booleans and bytes', () => {
    using object = open();
    object.setGlobal('cfg_pid', 0xfffffffe);
    object.setGlobal('cfg_small', -2);
    object.setGlobal('cfg_flag', true);
    object.setGlobal('cfg_name', Buffer.from('short'));
    object.setGlobal('hits', 1n << 63n);
    expect([...(object.getGlobal('cfg_pid') ?? [])]).toEqual([254, 255, 255, 255]);
    expect([...(object.getGlobal('cfg_small') ?? [])]).toEqual([254, 255]);
    expect([...(object.getGlobal('cfg_flag') ?? [])]).toEqual([1]);
    expect(Buffer.from(object.getGlobal('cfg_name') ?? []).toString()).toBe(
      'short'.padEnd(16, '\0'),
    );
    expect(object.getGlobal('hits')?.[7]).toBe(128);
    expect(object.getGlobal('nope')).toBeUndefined();
  });

  test.each<[string, number | bigint | boolean | Uint8Array, string]>([
    ['nope', 1, 'BPF_NO_SUCH_GLOBAL'],
    ['nope', new Uint8Array(4), 'BPF_NO_SUCH_GLOBAL'],
    ['cfg_pid', 2 ** 32, 'BPF_INVALID_ARGUMENT'],
    ['cfg_pid', 1.5, 'BPF_INVALID_ARGUMENT'],
    ['cfg_pid', Number.NaN, 'BPF_INVALID_ARGUMENT'],
    ['cfg_small', -32769, 'BPF_INVALID_ARGUMENT'],
    ['cfg_name', 1, 'BPF_INVALID_ARGUMENT'],
    ['cfg_name', new Uint8Array(17), 'BPF_INVALID_ARGUMENT'],
  ])('%s refuses %s', (name, value, code) => {
    using object = open();
    expect(outcome(() => object.setGlobal(name, value))).toBe(code);
  });
});
