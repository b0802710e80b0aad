import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { BpfMap, BpfObject, possibleCpus } from '../src/index.js';
import { loadOnly, needKernel, OBJECT, outcome } from './support.js';

const u64 = (bytes: Uint8Array | undefined) =>
  bytes && new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
const u32 = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

describe('maps', () => {
  let object: BpfObject;
  beforeEach((context) => {
    needKernel(context);
    object ??= loadOnly();
  });
  afterAll(() => object?.close());

  test('a hash is written, read, walked and emptied', () => {
    const table = object.map('table');
    for (let key = 1; key <= 61; key++) table.update(key, BigInt(key) ** 2n);
    expect(u64(table.lookup(7))).toBe(49n);
    expect(table.lookup(99)).toBeUndefined();
    const found = new Map([...table.entries()].map(([key, value]) => [u32(key), u64(value)]));
    expect(found.size).toBe(61);
    expect(found.get(61)).toBe(3721n);
    expect(table.delete(7)).toBe(true);
    expect(table.delete(7)).toBe(false);
    table.clear();
    expect([...table.entries()]).toEqual([]);
  });

  test('flags and limits are the kernel’s', () => {
    const table = object.map('table');
    table.update(1, 1);
    expect(outcome(() => table.update(1, 1, 1))).toBe('BPF_MAP_FAILED');
    expect(() => table.update(1, 1, 1)).toThrow(/cannot update map table: EEXIST/);
    expect(() => table.update(2, 1, 2)).toThrow(/ENOENT/);
    expect(() => {
      for (let key = 0; key < 100; key++) table.update(key, 1);
    }).toThrow(/E2BIG/);
    table.clear();
  });

  test('a lookup can fill bytes that are given', () => {
    const table = object.map('table');
    table.update(3, 9);
    const into = new Uint8Array(8);
    expect(table.lookup(3, into)).toBe(into);
    expect(u64(into)).toBe(9n);
    expect(outcome(() => table.lookup(3, new Uint8Array(7)))).toBe('BPF_INVALID_ARGUMENT');
    table.clear();
  });

  test('a per-CPU array has a value for each CPU', () => {
    const perCpu = object.map('per_cpu');
    perCpu.update(1, 9);
    expect(perCpu.lookupPerCpu(1).map(u32)).toEqual(Array(possibleCpus()).fill(9));
    const [, second] = [...perCpu.entries()];
    expect(second && perCpu.splitPerCpu(second[1]).map(u32)).toEqual(Array(possibleCpus()).fill(9));
    expect(perCpu.lookupPerCpu(2)).toEqual([]);
  });

  test('a map without batches is walked key by key', () => {
    const trie = object.map('trie');
    const key = Uint8Array.of(32, 0, 0, 0, 10, 0, 0, 1);
    trie.update(key, 5);
    expect([...trie.entries()].map(([each, value]) => [[...each], u32(value)])).toEqual([
      [[...key], 5],
    ]);
    trie.clear();
    expect([...trie.entries()]).toEqual([]);
  });

  test.each<[string, (map: BpfMap) => unknown]>([
    ['a short key', (map) => map.lookup(new Uint8Array(3))],
    ['a key out of range', (map) => map.lookup(2 ** 32)],
    ['a key of another array', (map) => map.lookup(new Uint16Array(2) as never)],
    ['no key', (map) => map.lookup(undefined as never)],
    ['a long value', (map) => map.update(1, new Uint8Array(9))],
    ['text for a value', (map) => map.update(1, 'x' as never)],
    ['a flag that is no number', (map) => map.update(1, 1, 'x' as never)],
  ])('%s is refused', (_, use) => {
    expect(outcome(() => use(object.map('table')))).toBe('BPF_INVALID_ARGUMENT');
  });

  test('a map of programs says where a tail call goes', () => {
    using own = loadOnly('packet_jump', 'packet_xdp', 'exec_rawtp');
    const [jump, pass] = [own.program('packet_jump'), own.program('packet_xdp')];
    const run = () => jump.testRun({ data: new Uint8Array(64) }).result;
    expect(run()).toBe(0); // XDP_ABORTED
    own.map('landings').setProgram(1, pass);
    expect(run()).toBe(2); // XDP_PASS
    const use = (map: string, index: number, program: string) =>
      outcome(() => own.map(map).setProgram(index, own.program(program)));
    expect(use('landings', 1, 'exec_rawtp')).toBe('BPF_MAP_FAILED');
    expect(use('landings', 2, 'packet_xdp')).toBe('BPF_MAP_FAILED');
    expect(use('table', 1, 'packet_xdp')).toBe('BPF_MAP_FAILED');
    expect(use('landings', -1, 'packet_xdp')).toBe('BPF_INVALID_ARGUMENT');
    expect(use('landings', 1, 'packet_tcx')).toBe('BPF_NOT_LOADED');
    expect(outcome(() => own.map('landings').setProgram(1, {} as never))).toBe(
      'BPF_INVALID_ARGUMENT',
    );
  });

  test('a frozen map is read-only', () => {
    using own = loadOnly();
    own.map('per_cpu').freeze();
    expect(() => own.map('per_cpu').update(0, 1)).toThrow(/EPERM/);
  });

  test('a pinned map is opened by another, and takes the place of a map', () => {
    const mount = mkdtempSync(join(tmpdir(), 'imagesnoop-bpffs-'));
    execFileSync('mount', ['-t', 'bpf', 'none', mount]);
    try {
      const path = join(mount, 'table');
      object.map('table').pin(path);
      object.map('table').update(42, 43);
      using pinned = BpfMap.openPinned(path);
      expect(pinned).toMatchObject({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 64 });
      expect(u64(pinned.lookup(42))).toBe(43n);

      using second = BpfObject.open(OBJECT);
      for (const each of second.programs) each.autoload = false;
      expect(outcome(() => second.map('per_cpu').reuse(pinned))).toBe('BPF_MAP_MISMATCH');
      second.map('table').reuse(pinned);
      second.load();
      expect(u64(second.map('table').lookup(42))).toBe(43n);
      expect(outcome(() => second.map('table').reuse(pinned))).toBe('BPF_ALREADY_LOADED');

      pinned.unpin(path);
      expect(existsSync(path)).toBe(false);
      expect(outcome(() => pinned.unpin(path))).toBe('BPF_PIN_FAILED');
      expect(outcome(() => BpfMap.openPinned(path))).toBe('BPF_PIN_FAILED');
      expect(outcome(() => object.map('table').pin('/tmp/not-bpffs'))).toBe('BPF_PIN_FAILED');
    } finally {
      execFileSync('umount', [mount]);
      rmdirSync(mount);
    }
  });

  test('a pinned link is not taken for a map', () => {
    const mount = mkdtempSync(join(tmpdir(), 'imagesnoop-bpffs-'));
    execFileSync('mount', ['-t', 'bpf', 'none', mount]);
    try {
      using own = loadOnly('exec_rawtp');
      own.program('exec_rawtp').attach().pin(join(mount, 'link'));
      expect(outcome(() => BpfMap.openPinned(join(mount, 'link')))).toBe('BPF_NOT_A_MAP');
    } finally {
      execFileSync('umount', [mount]);
      rmdirSync(mount);
    }
  });

  test('sizes are set before the load only', () => {
    using own = BpfObject.open(OBJECT);
    own.map('table').maxEntries = 7;
    expect(own.map('table').maxEntries).toBe(7);
    expect(outcome(() => (object.map('table').maxEntries = 7))).toBe('BPF_ALREADY_LOADED');
  });
});
