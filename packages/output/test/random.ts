/** Reproducible random numbers from 0 up to `below` (mulberry32); a failing seed is in the test's name. */
export function randomSource(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Pieces that escaping may trip over. */
const PIECES = [
  'a',
  ' ',
  '\\',
  'x',
  '41',
  '\\x41',
  '\\x5c',
  '"',
  '\n',
  '\x1b[2J',
  '\x7f',
  '\0',
  'é',
  '日本',
  '😀',
  '\u202e',
  '\u2028',
  '\u009b',
  '\u{e0041}',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
].map((piece) => Buffer.from(piece));

/** Bytes half made of awkward text and half of noise. */
export function randomBytes(random: (below: number) => number): Buffer {
  const parts = Array.from({ length: random(12) }, () =>
    random(2) === 0 ? (PIECES[random(PIECES.length)] as Buffer) : Buffer.from([random(256)]),
  );
  return Buffer.concat(parts);
}
