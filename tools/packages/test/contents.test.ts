import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../setup/paths.mjs';
import { contentProblems, sizeOf } from '../contents.mjs';

let folder: string;
const put = (path: string, text = '') => writeFileSync(join(folder, path), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contents-'));
  mkdirSync(join(folder, 'dist'));
  put('package.json', JSON.stringify({ name: 'x', files: ['dist'] }));
  for (const path of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) put(path);
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a package with what it needs has no problem, nor have packages inside it', () => {
  mkdirSync(join(folder, 'node_modules/other/test'), { recursive: true });
  put('node_modules/other/test/a.js', `${ROOT}/`);
  expect(contentProblems(folder, 'x')).toEqual([]);
});

test('what is missing, of tests, of this machine or runs code is told', () => {
  rmSync(join(folder, 'LICENSE'));
  mkdirSync(join(folder, 'test'));
  put('test/a.js');
  put('dist/index.js', `at ${ROOT}/src`);
  const manifest = {
    name: 'x',
    files: ['dist'],
    dependencies: { y: 'workspace:^' },
    scripts: { postinstall: 'z' },
  };
  put('package.json', JSON.stringify(manifest));
  expect(contentProblems(folder, 'x').sort()).toEqual([
    'x carries test/a.js, which no user needs',
    'x dist/index.js names the folder that it was built in',
    'x lacks LICENSE',
    'x runs postinstall when it is installed',
    'x y is "workspace:^"',
  ]);
});

test('sizes are sums of files', () => {
  const before = sizeOf(folder);
  put('dist/more.js', 'twelve bytes');
  expect(sizeOf(folder) - before).toBe(12);
});
