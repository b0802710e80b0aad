import { expect, test } from 'vitest';
import { parseArgs, skipLines, summary } from '../test.mjs';

test('every part by default, only the tests with a filter, only the part that is named', () => {
  expect(parseArgs([], false)).toEqual({ parts: ['checks', 'unit', 'kernel'], forVitest: [] });
  expect(parseArgs([], true).parts).toEqual(['checks', 'unit', 'kernel', 'packages', 'guests']);
  expect(parseArgs(['packages/loader'])).toEqual({
    parts: ['unit', 'kernel'],
    forVitest: ['packages/loader'],
  });
  expect(parseArgs(['--kernel', '-t', 'storm'])).toEqual({
    parts: ['kernel'],
    forVitest: ['-t', 'storm'],
  });
});

test('the closing line counts, and skips are told by reason', () => {
  const skipped = [
    { test: 'a > one', reason: 'no kprobes' },
    { test: 'b > two', reason: 'no docker' },
    { test: 'c > three', reason: 'no kprobes' },
  ];
  expect(summary({ passed: 3, failed: 1, skipped })).toBe('3 passed, 1 failed, 3 skipped');
  expect(skipLines(skipped)).toEqual([
    'skipped, no kprobes:',
    '  a > one',
    '  c > three',
    'skipped, no docker:',
    '  b > two',
  ]);
});
