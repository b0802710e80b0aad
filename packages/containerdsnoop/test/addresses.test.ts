// What --address takes, and the keys that the kernel gets.
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { addressesOf, fileKey, isServed, nameKeys } from '../src/capture/addresses.js';

const folder = mkdtempSync(join(tmpdir(), 'containerdsnoop-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['/run/a.sock', '/run/a.sock', false],
  ['unix:///run/a.sock', '/run/a.sock', false],
  ['unix:/run/a.sock', '/run/a.sock', false],
  ['/run/./x/../a.sock', '/run/a.sock', false],
  ['/run/s/*', '/run/s/', true],
  ['/run/contain*', '/run/contain', true],
  ['@name', '@name', false],
  ['@na*', '@na', true],
])('%s', (given, name, prefix) => expect(addressesOf([given])).toEqual([{ name, prefix }]));

test('without any: the usual path of containerd; twice the same is once', () => {
  expect(addressesOf([])).toEqual([{ name: '/run/containerd/containerd.sock', prefix: false }]);
  expect(addressesOf(['/a', '/a', '/a*'])).toHaveLength(2);
});

test.each(['', '@', '*', `/${'x'.repeat(108)}`])("'%s' is none", (given) => {
  expect(() => addressesOf([given])).toThrow(
    expect.objectContaining({ code: 'ADDRESS_INVALID', exitCode: 2 }),
  );
});

const [ONE] = addressesOf(['/tmp/none/a.sock']);

test('a name as a key: its end counts; a beginning: not', () => {
  const [key] = nameKeys({ name: '/none/a', prefix: false });
  expect(key?.readUInt32LE(0)).toBe(8 * 8);
  expect(key?.subarray(4, 13).toString()).toBe('/none/a\0\0');
  expect(nameKeys({ name: '/none/a', prefix: true })[0]?.readUInt32LE(0)).toBe(7 * 8);
  const [abstract] = nameKeys({ name: '@a', prefix: false });
  expect(abstract?.readUInt32LE(0)).toBe(108 * 8);
  expect(abstract?.subarray(4, 7).toString()).toBe('\0a\0');
  expect(ONE && nameKeys(ONE)).toHaveLength(1);
});

test('by the way of a symbolic link: both names', () => {
  symlinkSync(folder, join(folder, 'link'));
  expect(nameKeys({ name: join(folder, 'link', 'a.sock'), prefix: false })).toHaveLength(2);
  expect(nameKeys({ name: `${join(folder, 'link')}/`, prefix: true })).toHaveLength(2);
});

test('a file as a key', () => {
  const name = join(folder, 'file');
  writeFileSync(name, '');
  const key = fileKey({ name, prefix: false });
  const { ino, dev } = statSync(name);
  expect(key?.readBigUInt64LE(0)).toBe(BigInt(ino));
  // Small numbers of major and minor, as here, are bytes in both encodings.
  expect(Number(key?.readBigUInt64LE(8))).toBe(((dev >> 8) & 0xfff) * 2 ** 20 + (dev & 0xff));
  expect(fileKey({ name: join(folder, 'none'), prefix: false })).toBe(undefined);
  expect(fileKey({ name, prefix: true })).toBe(undefined);
});

test('who is there', () => {
  const listening = new Set(['/run/s/abc', '@name']);
  expect(isServed({ name: '/run/s/', prefix: true }, listening)).toBe(true);
  expect(isServed({ name: '@name', prefix: false }, listening)).toBe(true);
  expect(isServed({ name: '/run/s/ab', prefix: false }, listening)).toBe(false);
});
