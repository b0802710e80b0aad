import { describe, expect, it } from 'vitest';
import { Clock } from '../src/clock.js';
import { decodeText, JsonWriter } from '../src/json-writer.js';
import { randomBytes, randomSource } from './random.js';

function written(write: (out: JsonWriter) => void): string {
  const out = new JsonWriter();
  write(out);
  return out.view().toString();
}

describe('numbers', () => {
  const whole = [
    0,
    7,
    9,
    10,
    99,
    100,
    101,
    999,
    1000,
    12_345,
    99_999,
    100_000,
    999_999,
    1_000_000,
    9_999_999,
    10_000_000,
    99_999_999,
    100_000_000,
    999_999_999,
    1_000_000_000,
    2_147_483_647,
    2_147_483_648,
    4_294_967_295,
    99_999_999_999,
    1_000_000_000_000_000,
    Number.MAX_SAFE_INTEGER,
  ];
  it.each(whole)('%d', (value) => {
    expect(written((out) => out.uint(value))).toBe(`${value}`);
    expect(written((out) => out.int(-value))).toBe(`${-value}`);
  });

  it('writes what no JSON number can hold as null', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -1]) {
      expect(written((out) => out.uint(value))).toBe('null');
    }
    expect(written((out) => out.int(-(2 ** 53)))).toBe('null');
    expect(written((out) => out.float(Number.NaN))).toBe('null');
    expect(written((out) => out.float(0.25))).toBe('0.25');
  });

  it('keeps 64 bits as text', () => {
    const most = 2n ** 64n - 1n;
    expect(written((out) => out.bigText(most))).toBe('"18446744073709551615"');
    const twice = written((out) => {
      out.bigText(5n);
      out.bigText(5n);
      out.bigText(-6n);
      out.bigText(0n);
    });
    expect(twice).toBe('"5""5""-6""0"');
  });
});

describe('time', () => {
  it('adds the offset of the wall clock without rounding', () => {
    const clock = new Clock();
    clock.set(0);
    const boot = BigInt(clock.second) * 1_000_000_000n + BigInt(clock.nanosecond);
    for (const ns of [0, 1, 999_999_999, 1_000_000_000, 3_600_000_000_001, 9e15 + 1]) {
      const out = new JsonWriter(clock);
      out.time(ns);
      const wall = boot + BigInt(ns);
      const second = new Date(Number(wall / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
      const rest = String(wall % 1_000_000_000n).padStart(9, '0');
      expect(out.view().toString()).toBe(`"${second}.${rest}Z"`);
    }
  });

  const wallMs = (clock: Clock, monotonic: bigint) => {
    clock.set(Number(monotonic));
    return clock.second * 1000 + clock.nanosecond / 1e6;
  };

  it('is the time of day', () => {
    const clock = new Clock();
    const before = Date.now();
    const shown = wallMs(clock, process.hrtime.bigint());
    expect(shown).toBeGreaterThan(before - 5);
    expect(shown).toBeLessThan(Date.now() + 5);
  });

  it('follows a wall clock that was set, and ignores jitter', () => {
    const clock = new Clock();
    const monotonic = process.hrtime.bigint();
    const start = Math.round(wallMs(clock, monotonic));
    const before = wallMs(clock, 0n);
    clock.follow(start + 2003, monotonic + 2_000_000_000n);
    expect(wallMs(clock, 0n)).toBe(before);
    clock.follow(start + 7_204_000, monotonic + 4_000_000_000n);
    expect(wallMs(clock, 0n) - before).toBeCloseTo(7_200_000, -1);
    clock.follow(start + 6000, monotonic + 6_000_000_000n);
    expect(wallMs(clock, 0n) - before).toBeCloseTo(0, -1);
  });
});

describe('addresses', () => {
  const v6 = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
  it.each([
    ['0000 0000 0000 0000 0000 0000 0000 0000', '::'],
    ['0000 0000 0000 0000 0000 0000 0000 0001', '::1'],
    ['2001 0db8 0000 0000 0001 0000 0000 0001', '2001:db8::1:0:0:1'],
    ['2001 0db8 0000 0001 0001 0001 0001 0001', '2001:db8:0:1:1:1:1:1'],
    ['0001 0002 0003 0004 0005 0006 0000 0000', '1:2:3:4:5:6::'],
    ['fe80 0000 0000 0000 abcd 00ef 0123 4567', 'fe80::abcd:ef:123:4567'],
    ['0000 0000 0000 0000 0000 ffff 0a00 00ff', '10.0.0.255'],
  ])('%s', (bytes, text) => {
    expect(written((out) => out.ipv6(v6(bytes), 0))).toBe(`"${text}"`);
  });

  it('agrees with the URL standard on random addresses', () => {
    const random = randomSource(7);
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: 16 }, () => (random(3) === 0 ? random(256) : 0));
      const groups = Array.from({ length: 8 }, (_, i) =>
        (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)).toString(16),
      );
      const hostname = new URL(`http://[${groups.join(':')}]/`).hostname;
      if (hostname.startsWith('[::ffff:')) continue;
      expect(`[${JSON.parse(written((out) => out.ipv6(bytes, 0)))}]`).toBe(hostname);
    }
  });

  it('writes each byte of IPv4', () => {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = Uint8Array.of(9, byte, 0, 255, byte);
      expect(written((out) => out.ipv4(bytes, 1))).toBe(`"${byte}.0.255.${byte}"`);
    }
  });
});

describe('text', () => {
  const json = (bytes: Buffer) => written((out) => out.text(bytes, 0, bytes.length));
  it.each([
    ['plain', Buffer.from('curl'), '"curl"'],
    ['quotes', Buffer.from('a"b\\c'), '"a\\"b\\\\c"'],
    ['controls', Buffer.from('\n\t\x1b\x7f'), '"\\n\\t\\u001b\\u007f"'],
    ['terminal controls above ASCII', Buffer.from('\u009b\u202e\u2028'), '"\\u009b\\u202e\\u2028"'],
    ['letters above ASCII', Buffer.from('é日😀'), '"é日😀"'],
    [
      'invalid UTF-8',
      Buffer.from([0x61, 0xff, 0xc0, 0x80, 0xe9]),
      '"a\\\\xff\\\\xc0\\\\x80\\\\xe9"',
    ],
    ['a backslash that reads like a byte', Buffer.from('\\xff'), '"\\\\x5cxff"'],
  ])('%s', (_name, bytes, expected) => {
    expect(json(bytes)).toBe(expected);
  });

  it.each([1, 2, 3, 4, 5])('any bytes survive the way to JSON and back, seed %d', (seed) => {
    const random = randomSource(seed);
    for (let round = 0; round < 4000; round++) {
      const bytes = randomBytes(random);
      const line = json(bytes);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      expect(decodeText(JSON.parse(line)).equals(bytes), line).toBe(true);
    }
  });

  it('spells strings as it spells bytes', () => {
    expect(written((out) => out.quoted('a\n\\x41"'))).toBe('"a\\n\\\\x5cx41\\""');
    expect(written((out) => out.quoted('\ud800'))).toBe('"\ufffd"');
  });

  it('grows for a row of any length', () => {
    const long = Buffer.alloc(300_000, 0xff);
    expect(decodeText(JSON.parse(json(long))).equals(long)).toBe(true);
  });
});
