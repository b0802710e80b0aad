import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compiled, compileWorkloads } from '../compiled.mjs';

const NUMBER = Math.floor(Math.random() * 1e9);
const made: string[] = [];
let directory: string;
let source: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'compiled-'));
  const folder = join(directory, 'packages/tool/test/workload');
  mkdirSync(folder, { recursive: true });
  source = join(folder, 'counts.c');
  writeFileSync(join(folder, 'number.h'), `#define NUMBER "${NUMBER}"\n`);
  writeFileSync(
    source,
    '#include <stdio.h>\n#include "number.h"\nint main(void) { puts(NUMBER); return 0; }\n',
  );
});
afterEach(() => {
  for (const path of [directory, ...made.splice(0).map((each) => join(each, '..'))])
    rmSync(path, { recursive: true, force: true });
});
const program = () => {
  const path = compiled(source);
  made.push(path);
  return path;
};

test('a program has its name and is compiled again when a header changes', () => {
  const before = program();
  expect(basename(before)).toBe('counts');
  expect(execFileSync(before, { encoding: 'utf8' })).toBe(`${NUMBER}\n`);
  expect(program()).toBe(before);
  writeFileSync(join(source, '../number.h'), `#define NUMBER "x${NUMBER}"\n`);
  const after = program();
  expect(after).not.toBe(before);
  expect(execFileSync(after, { encoding: 'utf8' })).toBe(`x${NUMBER}\n`);
});

test('what was compiled for a guest is what a test in it finds', async () => {
  await compileWorkloads(directory, ['tool', 'nonesuch'], process.arch as 'x64');
  writeFileSync(join(source, '../other.txt'), 'no part of it');
  const started = performance.now();
  program();
  expect(performance.now() - started).toBeLessThan(50);
});

test('a file says itself with what else it is compiled', () => {
  const main = '#include <stdio.h>\nint main(void) { puts(MINE); return 0; }\n';
  writeFileSync(source, `// Compiled with: -static -DMINE="${NUMBER}"\n${main}`);
  expect(execFileSync(program(), { encoding: 'utf8' })).toBe(`${NUMBER}\n`);
});

test('a mistake is told in the compiler’s words', () => {
  writeFileSync(source, 'int main(void) { return nothing; }\n');
  expect(program).toThrow(/nothing/);
});
