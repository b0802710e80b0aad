import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensure, isFresh, keyOf } from '../stamp.mjs';

let folder: string;
let result: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagesnoop-stamp-'));
  result = join(folder, 'result');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const make = async (scratch: string) => writeFileSync(join(scratch, 'file'), 'made');

test('a result is made once for a key, and again for another', async () => {
  expect(await ensure(result, 'a', make)).toBe(true);
  expect(await ensure(result, 'a', make)).toBe(false);
  expect(isFresh(result, 'b')).toBe(false);
  expect(await ensure(result, 'b', make)).toBe(true);
  expect(readdirSync(folder)).toEqual(['result']);
});

test('a failure leaves the old result and no scratch', async () => {
  await ensure(result, 'a', make);
  await expect(
    ensure(result, 'b', async () => {
      throw new Error('broken');
    }),
  ).rejects.toThrow('broken');
  expect(isFresh(result, 'a')).toBe(true);
  expect(existsSync(join(result, 'file'))).toBe(true);
  expect(readdirSync(folder)).toEqual(['result']);
});

test('what a killed build left behind is swept away', async () => {
  mkdirSync(`${result}.999999999.new`);
  await ensure(result, 'a', make);
  expect(readdirSync(folder)).toEqual(['result']);
});

test('a key tells texts and contents apart', () => {
  const file = join(folder, 'input');
  writeFileSync(file, '1');
  const before = keyOf(['x'], [file]);
  writeFileSync(file, '2');
  expect(keyOf(['x'], [file])).not.toBe(before);
  expect(keyOf(['ab', 'c'])).not.toBe(keyOf(['a', 'bc']));
});
