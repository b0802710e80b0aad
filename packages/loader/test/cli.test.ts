import { describe, expect, test } from 'vitest';
import { nearest, parse, positiveNumber } from '../src/cli.js';

const OPTIONS = [
  { flag: 'interval', argument: 'S', description: '' },
  { flag: 'maps', description: '' },
  { flag: 'duration', letter: 'd', argument: 'S', description: '' },
];

describe('parsing', () => {
  test('switches, values, letters and arguments', () => {
    expect(parse(['--maps', '-d', '2', 'x.bpf.o'], OPTIONS)).toMatchObject({
      values: { maps: true, duration: '2' },
      positionals: ['x.bpf.o'],
    });
  });

  test('an unknown flag suggests the near one', () => {
    expect(() => parse(['--intervall', '2'], OPTIONS)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        exitCode: 2,
        message: expect.stringContaining('--intervall'),
        hint: 'Did you mean --interval?',
      }),
    );
    expect(() => parse(['--xyzzy'], OPTIONS)).toThrow(
      expect.objectContaining({ hint: 'See --help.' }),
    );
  });

  test('numbers are checked', () => {
    expect(positiveNumber('interval', '0.5')).toBe(0.5);
    for (const text of ['0', '-1', 'x', '', 'Infinity'])
      expect(() => positiveNumber('interval', text)).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      );
  });
});

test('the nearest word is near', () => {
  expect(nearest('doktor', ['doctor', 'run'])).toBe('doctor');
  expect(nearest('trace', ['doctor', 'run'])).toBeUndefined();
});
