import { expect, test } from 'vitest';
import { appendPath, leadsOut } from '../src/path-bytes.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

function joined(base: string, name: string): string {
  const into = new Uint8Array(base.length + name.length + 2);
  into.set(bytes(base));
  const u8 = bytes(`before${name}after`);
  const end = appendPath(into, base.length, u8, 6, 6 + name.length);
  return Buffer.from(into.subarray(0, end)).toString('latin1');
}

test.each([
  ['/a/b', 'c', '/a/b/c'],
  ['/a/b', '../c', '/a/c'],
  ['/a/b', '../../../c', '/c'],
  ['/a/b', './/c/.', '/a/b/c'],
  ['/a/b', '', '/a/b'],
  ['', 'c', '/c'],
  ['', '/c/d/', '/c/d'],
  ['', '..', '/'],
  ['', '', '/'],
  ['/a', '...', '/a/...'],
  ['/a', '.b/..c', '/a/.b/..c'],
  ['/\xff', '\xfe\n', '/\xff/\xfe\n'],
])('%j and %j are %j', (base, name, expected) => {
  expect(joined(base, name)).toBe(expected);
});

test.each([
  ['a/b', false],
  ['a/..', false],
  ['a/../..', true],
  ['..', true],
  ['./a/../b', false],
  ['a//..//..', true],
  ['...', false],
])('%j leads out: %j', (path, expected) => {
  const u8 = bytes(path);
  expect(leadsOut(u8, 0, u8.length)).toBe(expected);
});
