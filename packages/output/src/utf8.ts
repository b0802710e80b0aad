/**
 * Length in bytes of the valid UTF-8 sequence that starts at `at`, or 0 when the byte there does
 * not start one (stray continuation, overlong form, surrogate, beyond U+10FFFF, cut short by
 * `end`). Source: Unicode 15, table 3-7.
 */
export function utf8Length(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const count = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + count > end) return 0;
  const second = bytes[at + 1] as number;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < count; i++) {
    if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0;
  }
  return count;
}

/** The code point of the valid sequence of `count` bytes at `at`. */
export function codePointAt(bytes: Uint8Array, at: number, count: number): number {
  const first = bytes[at] as number;
  if (count === 1) return first;
  let point = first & (0x7f >> count);
  for (let i = 1; i < count; i++) point = (point << 6) | ((bytes[at + i] as number) & 0x3f);
  return point;
}

/**
 * True for code points that steer a terminal or hide text rather than show something: C0 and C1
 * controls, line and paragraph separators, and all format characters (bidirectional overrides,
 * zero-width joiners, byte order marks, tags, soft hyphens).
 */
export function isUnprintable(point: number): boolean {
  if (point < 0x20) return true;
  if (point < 0x7f) return false;
  if (point < 0xa0) return true;
  return FORMAT.test(String.fromCodePoint(point));
}

const FORMAT = /[\p{Cf}\u2028\u2029]/u;
