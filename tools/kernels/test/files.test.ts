import { describe, expect, test } from 'vitest';
import { repository } from '../base.mjs';
import { namesHook, testFiles } from '../files.mjs';

describe('tests of hooks', () => {
  test.each([
    ["describe.each(HOOKS)('matrix [%s]', (hook) => {", true],
    [`  test(\`rows equal calls [\${hook}]\`, async () => {`, true],
    ["test.each(cases)('sees it [$hook]', () => {", true],
    ["test('sees it [fexit]', () => {", true],
    ["const first = rows[0]['path'];", false],
    ["test('nothing in brackets', () => {", false],
  ])('%s', (line, expected) => {
    expect(namesHook(`${line}\n`)).toBe(expected);
  });

  test('are in few files, which are found', () => {
    const all = testFiles(repository, ['mkdirsnoop', 'kernels'], false);
    const hooks = testFiles(repository, ['mkdirsnoop', 'kernels'], true);
    expect(all).toContain('packages/mkdirsnoop/test/storm.kernel.test.ts');
    expect(hooks).toEqual([
      'packages/mkdirsnoop/test/matrix.kernel.test.ts',
      'tools/kernels/test/doctor.kernel.test.ts',
    ]);
  });

  test('a tool without tests has no files', () => {
    expect(testFiles(repository, ['nonesuch'], false)).toEqual([]);
  });
});
