import { existsSync, rmSync } from 'node:fs';
import { BpfMap } from '@imagesnoop/bpf-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { NamespaceMap } from '../src/index.js';

const path = `/sys/fs/bpf/imagesnoop_test_${process.pid}`;
const lacksBpffs = () => (existsSync('/sys/fs/bpf') ? null : 'needs /sys/fs/bpf');
beforeEach((context) => requireKernel(context, lacksRoot() ?? lacksBpffs()));
afterEach(() => rmSync(path, { force: true }));

test('makes a map as bcc documents it, and finds it again', () => {
  const made = NamespaceMap.open(path);
  made.add(4026531841);
  made.close();
  const raw = BpfMap.openPinned(path);
  expect(raw).toMatchObject({ type: 'hash', keySize: 8, valueSize: 4, maxEntries: 128 });
  const [[key, value]] = [...raw.entries()] as [[Uint8Array, Uint8Array]];
  expect(Buffer.from(key).readBigUInt64LE()).toBe(4026531841n);
  expect(value).toHaveLength(4);
  raw.close();

  const again = NamespaceMap.open(path);
  again.add(7);
  expect(again.members().sort()).toEqual([4026531841n, 7n]);
  again.replace([7, 8]);
  expect(again.members().sort()).toEqual([7n, 8n]);
  again.unpin();
  again.close();
  expect(existsSync(path)).toBe(false);
});

test('a map of another shape is refused', () => {
  const other = BpfMap.create({
    name: 'other',
    type: 'hash',
    keySize: 4,
    valueSize: 4,
    maxEntries: 1,
  });
  other.pin(path);
  other.close();
  expect(() => NamespaceMap.open(path)).toThrow(
    expect.objectContaining({ code: 'FILTER_MAP_SHAPE' }),
  );
});
