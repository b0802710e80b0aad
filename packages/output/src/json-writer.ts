import { ByteWriter, type Prepared, prepare } from './byte-writer.js';
import { type Clock, clock } from './clock.js';
import { writeIpv4, writeIpv6 } from './ip-text.js';
import { codePointAt, isUnprintable, utf8Length } from './utf8.js';

const DIGITS = Buffer.from('0123456789abcdef');
const NULL = prepare('null');
const TRUE = prepare('true');
const FALSE = prepare('false');
/** Modes, ports of servers, latencies, counts: most numbers of a line are small. */
const SMALL = Array.from({ length: 1024 }, (_, value) => prepare(String(value)));
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** Ids are counted from 1: hardly one is larger, and numbers are written faster. */
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** What JSON writes for a byte below 0x80: 0 itself, 1 \u00XX, else the letter of the short form. */
const ESCAPES = new Uint8Array(128);
ESCAPES.fill(1, 0, 0x20);
ESCAPES[0x7f] = 1;
for (const [byte, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
] as const) {
  ESCAPES[byte] = letter.charCodeAt(0);
}

/** Any method may write this much before the next check of the space left. */
const SCALAR_BYTES = 64;

/**
 * Writes JSON as bytes, without making JavaScript strings: the hot path of `-o json` and of log
 * files. It does not check grammar: callers put the commas and braces.
 *
 * Text that is not valid UTF-8 stays lossless: each byte that belongs to no valid sequence is
 * spelled `\xNN` in the text (so `\\xNN` in the JSON), and a real backslash that would read as such
 * a spelling is itself spelled `\x5c`. `decodeText` restores the bytes.
 */
export class JsonWriter extends ByteWriter {
  readonly #clock: Clock;
  #secondPrefix: Prepared = prepare('');
  #second = Number.NaN;

  constructor(timeSource: Clock = clock) {
    super();
    this.#clock = timeSource;
  }

  null(): void {
    this.prepared(NULL);
  }

  bool(value: boolean): void {
    this.prepared(value ? TRUE : FALSE);
  }

  /** A whole number from 0 to 2^53 - 1; anything else is null. */
  uint(value: number): void {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) return this.null();
    if (value < SMALL.length) return this.prepared(SMALL[value] as Prepared);
    this.reserve(SCALAR_BYTES);
    this.length = writeDigits(this.bytes, this.length, value);
  }

  /** A whole number of either sign within 53 bits; anything else is null. */
  int(value: number): void {
    if (value >= 0) return this.uint(value);
    if (!(value >= Number.MIN_SAFE_INTEGER)) return this.null();
    this.byte(0x2d);
    this.uint(-value);
  }

  /** Any number; NaN and infinities, which JSON lacks, are null. */
  float(value: number): void {
    if (Number.isFinite(value)) this.string(`${value}`);
    else this.null();
  }

  /** A 64-bit integer as a decimal string, since beyond 2^53 a JSON number would be rounded. */
  bigText(value: bigint): void {
    if (value >= 0n && value <= MAX_SAFE) {
      this.byte(QUOTE);
      this.uint(Number(value));
      this.byte(QUOTE);
    } else {
      this.string(`"${value}"`);
    }
  }

  /** RFC 3339 time in UTC with nanoseconds, from nanoseconds of CLOCK_MONOTONIC. */
  time(monotonicNs: number): void {
    const wall = this.#clock;
    wall.set(monotonicNs);
    if (wall.second !== this.#second) {
      this.#second = wall.second;
      this.#secondPrefix = prepare(`"${new Date(wall.second * 1000).toISOString().slice(0, 19)}.`);
    }
    this.prepared(this.#secondPrefix);
    this.reserve(SCALAR_BYTES);
    const { bytes, length: at } = this;
    let rest = wall.nanosecond | 0;
    for (let i = 8; i >= 0; i--) {
      const shorter = (rest / 10) | 0;
      bytes[at + i] = ZERO + rest - shorter * 10;
      rest = shorter;
    }
    bytes[at + 9] = 0x5a;
    bytes[at + 10] = QUOTE;
    this.length = at + 11;
  }

  /** An IPv4 address from its 4 bytes at `at`. */
  ipv4(from: Uint8Array, at: number): void {
    this.reserve(SCALAR_BYTES);
    this.bytes[this.length++] = QUOTE;
    this.length = writeIpv4(this.bytes, this.length, from, at);
    this.bytes[this.length++] = QUOTE;
  }

  /** An IPv6 address from its 16 bytes at `at`, as RFC 5952 has it; IPv4-mapped as IPv4. */
  ipv6(from: Uint8Array, at: number): void {
    this.reserve(SCALAR_BYTES);
    this.bytes[this.length++] = QUOTE;
    this.length = writeIpv6(this.bytes, this.length, from, at);
    this.bytes[this.length++] = QUOTE;
  }

  /** The bytes from `start` up to `end`, which should be UTF-8, as a JSON string. */
  text(from: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 6 + 2);
    const to = this.bytes;
    let at = this.length;
    to[at++] = QUOTE;
    let i = start;
    for (; i < end; i++) {
      const byte = from[i] as number;
      if (byte >= 0x80 || ESCAPES[byte] !== 0) break;
      to[at++] = byte;
    }
    this.length = at;
    if (i < end) this.#escapedText(from, i, end);
    this.bytes[this.length++] = QUOTE;
  }

  /** A JavaScript string as a JSON string. */
  quoted(text: string): void {
    if (PLAIN.test(text)) {
      this.byte(QUOTE);
      this.string(text);
      this.byte(QUOTE);
    } else {
      const bytes = Buffer.from(text);
      this.text(bytes, 0, bytes.length);
    }
  }

  #escapedText(from: Uint8Array, start: number, end: number): void {
    const to = this.bytes;
    let at = this.length;
    for (let i = start; i < end; ) {
      const byte = from[i] as number;
      const count = utf8Length(from, i, end);
      if (count === 0) {
        at = writeByteSpelling(to, at, byte);
        i++;
      } else if (count === 1) {
        const short = ESCAPES[byte] as number;
        if (short === 0) to[at++] = byte;
        else if (short === 1) at = writeUnicodeEscape(to, at, byte);
        else if (byte === BACKSLASH && isByteSpelling(from, i, end))
          at = writeByteSpelling(to, at, byte);
        else {
          to[at++] = BACKSLASH;
          to[at++] = short;
        }
        i++;
      } else {
        const point = codePointAt(from, i, count);
        if (isUnprintable(point)) at = writeUnicodeEscape(to, at, point);
        else for (let k = 0; k < count; k++) to[at++] = from[i + k] as number;
        i += count;
      }
    }
    this.length = at;
  }
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Writes `value`, a whole number below 2^53, and returns the offset behind it. */
function writeDigits(to: Uint8Array, at: number, value: number): number {
  if (value > 0x7fffffff) {
    const high = Math.floor(value / 1e8);
    const end = writeDigits(to, at, high);
    let low = (value - high * 1e8) | 0;
    for (let i = 7; i >= 0; i--) {
      const shorter = (low / 10) | 0;
      to[end + i] = ZERO + low - shorter * 10;
      low = shorter;
    }
    return end + 8;
  }
  let rest = value | 0;
  const end = at + digitCount(rest);
  let place = end;
  while (rest >= 100) {
    const shorter = (rest / 100) | 0;
    const pair = rest - shorter * 100;
    to[--place] = ONES[pair] as number;
    to[--place] = TENS[pair] as number;
    rest = shorter;
  }
  if (rest >= 10) to[--place] = ONES[rest] as number;
  to[--place] = (rest >= 10 ? TENS[rest] : ONES[rest]) as number;
  return end;
}

function digitCount(value: number): number {
  if (value < 100_000) {
    if (value < 100) return value < 10 ? 1 : 2;
    if (value < 1000) return 3;
    return value < 10_000 ? 4 : 5;
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}

/** The two digits of the numbers below 100. */
const TENS = Uint8Array.from({ length: 100 }, (_, n) => ZERO + Math.floor(n / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, n) => ZERO + (n % 10));

function writeUnicodeEscape(to: Uint8Array, at: number, point: number): number {
  if (point > 0xffff) {
    const rest = point - 0x10000;
    const end = writeUnicodeEscape(to, at, 0xd800 | (rest >> 10));
    return writeUnicodeEscape(to, end, 0xdc00 | (rest & 0x3ff));
  }
  to[at] = BACKSLASH;
  to[at + 1] = 0x75;
  for (let i = 0; i < 4; i++) to[at + 2 + i] = DIGITS[(point >> (12 - 4 * i)) & 15] as number;
  return at + 6;
}

/** `\\xNN`: in the parsed text a backslash, an x and two lower-case hexadecimal digits. */
function writeByteSpelling(to: Uint8Array, at: number, byte: number): number {
  to[at] = BACKSLASH;
  to[at + 1] = BACKSLASH;
  to[at + 2] = 0x78;
  to[at + 3] = DIGITS[byte >> 4] as number;
  to[at + 4] = DIGITS[byte & 15] as number;
  return at + 5;
}

function isByteSpelling(from: Uint8Array, at: number, end: number): boolean {
  return at + 4 <= end && from[at + 1] === 0x78 && isHex(from[at + 2]) && isHex(from[at + 3]);
}

function isHex(byte: number | undefined): boolean {
  return byte !== undefined && DIGITS.includes(byte | 0x20) && byte > 0x20;
}

/**
 * The bytes behind a text of ours, for names that are not valid UTF-8.
 *
 * @example
 * decodeText('caf\\xe9'); // <Buffer 63 61 66 e9>
 */
export function decodeText(text: string): Buffer {
  const parts: Buffer[] = [];
  let done = 0;
  for (const match of text.matchAll(/\\x([0-9a-f]{2})/g)) {
    parts.push(Buffer.from(text.slice(done, match.index)), Buffer.from(match[1] as string, 'hex'));
    done = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(done)));
  return Buffer.concat(parts);
}
