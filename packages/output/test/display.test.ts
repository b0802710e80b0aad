import { describe, expect, it } from 'vitest';
import {
  displayBytes,
  displayText,
  displayWidth,
  truncate,
  truncateMiddle,
  truncateStart,
} from '../src/display.js';
import { randomBytes, randomSource } from './random.js';

describe('displayText', () => {
  it.each([
    ['curl', 'curl'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['back\\slash', 'back\\\\slash'],
    ['\u202etxt.exe', '\\u{202e}txt.exe'],
    ['\u009b31m', '\\u{9b}31m'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['é 日本 😀', 'é 日本 😀'],
  ])('%j', (text, shown) => {
    expect(displayText(text)).toBe(shown);
  });

  it('limits the marks on one letter', () => {
    expect(displayText(`o${'\u0301'.repeat(6)}`)).toBe(`o${'\u0301'.repeat(4)}\\u{301}\\u{301}`);
  });

  it('shows bytes that are no UTF-8', () => {
    const bytes = Buffer.from([0x78, 0x61, 0xff, 0xed, 0xa0, 0x80, 0x78]);
    expect(displayBytes(bytes, 1, 6)).toBe('a\\xff\\xed\\xa0\\x80');
  });

  it.each([11, 12, 13])('never yields what drives a terminal, seed %d', (seed) => {
    const random = randomSource(seed);
    const seen = new Map<string, string>();
    for (let round = 0; round < 4000; round++) {
      const bytes = randomBytes(random);
      const shown = displayBytes(bytes, 0, bytes.length);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      // Two different values never look the same.
      const same = seen.get(shown);
      if (same !== undefined) expect(same).toBe(bytes.toString('hex'));
      seen.set(shown, bytes.toString('hex'));
    }
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['😀', 2],
    ['…', 1],
  ])('%s takes %d columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%s in %d columns', (text, width, shown) => {
    expect(truncate(text, width)).toBe(shown);
    expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
  });

  it.each([
    ['/a/b/last', 9, '/a/b/last'],
    ['/a/b/last', 6, '…/last'],
    ['日本語', 5, '…本語'],
    ['日本語', 4, '…語'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('the end of %s in %d columns', (text, width, shown) => {
    expect(truncateStart(text, width)).toBe(shown);
    expect(displayWidth(truncateStart(text, width))).toBeLessThanOrEqual(width);
  });

  it.each([
    ['fd00::1:2', 9, 'fd00::1:2'],
    ['fd00::1:2', 6, 'fd0…:2'],
    ['日本語', 5, '日…語'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('both ends of %s in %d columns', (text, width, shown) => {
    expect(truncateMiddle(text, width)).toBe(shown);
    expect(displayWidth(truncateMiddle(text, width))).toBeLessThanOrEqual(width);
  });
});
