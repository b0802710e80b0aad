import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { breaches, builtAddons, checkAddons } from '../../check-addon.mjs';
import { ROOT } from '../../setup/paths.mjs';
import { importsOf } from '../elf-imports.mjs';

const of = (name: string, version: string | null, library: string | null, weak = false) =>
  breaches({ symbols: [{ name, version, library, weak }] });

test('what Node and an old libc have is fine', () => {
  expect(of('napi_create_object', null, null)).toEqual([]);
  expect(of('uv_poll_init', null, null)).toEqual([]);
  expect(of('read', 'GLIBC_2.2.5', 'libc.so.6')).toEqual([]);
  expect(of('fcntl64', 'GLIBC_2.28', 'libc.so.6')).toEqual([]);
  expect(of('__gmon_start__', null, null, true)).toEqual([]);
});

test.each([
  ['a function that nobody has', 'elf_begin', null, null],
  ['a newer libc', 'fstat', 'GLIBC_2.33', 'libc.so.6'],
  ['a newer libstdc++', 'x', 'GLIBCXX_3.4.26', 'libstdc++.so.6'],
  ['a family without a floor', 'x', 'OPENSSL_3.0.0', 'libc.so.6'],
  ['a library that is not everywhere', 'elf_begin', 'ELFUTILS_1.0', 'libelf.so.1'],
])('%s is a breach', (_, name, version, library) => {
  expect(of(name, version, library)).toHaveLength(1);
});

test('the node binary itself is read, and would not pass as an addon', () => {
  const { symbols } = importsOf(readFileSync(process.execPath));
  expect(symbols.some((each: { name: string }) => each.name === 'malloc')).toBe(true);
  expect(checkAddons([process.execPath]).length).toBeGreaterThan(0);
});

test('a folder of the builder is a breach', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imagesnoop-check-'));
  const copy = join(folder, 'addon.node');
  const [addon] = builtAddons();
  try {
    writeFileSync(copy, Buffer.concat([readFileSync(addon ?? ''), Buffer.from(`${ROOT}/x.c`)]));
    expect(checkAddons([copy]).join()).toMatch(/names the folder/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is no ELF file is told', () => {
  expect(() => importsOf(Buffer.alloc(64))).toThrow(/not a 64-bit/);
});
