import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { optionsMarkdown } from '../src/markdown.js';
import { parseCidrs } from '../src/options/cidr.js';
import { commonFilters, commonOptions } from '../src/options/common.js';
import { helpText } from '../src/options/help.js';
import * as kind from '../src/options/kinds.js';
import { parseNumbers } from '../src/options/lists.js';
import { parseArguments } from '../src/options/parse.js';
import { parseDuration, parseSize } from '../src/options/quantities.js';
import { userId } from '../src/options/users.js';
import { randomSource } from './random.js';

const table = {
  ...commonOptions,
  port: kind.numbers({ letter: 'P', min: 1, max: 65_535, help: 'remote ports' }),
  cidr: kind.networks({ help: 'remote networks' }),
};
const parse = (...argv: string[]) => parseArguments(table, argv);

describe('command line', () => {
  it.each([
    [['-p', '7'], { pid: { mode: 'include', values: new Set([7]) } }],
    [['-p7'], { pid: { mode: 'include', values: new Set([7]) } }],
    [['--pid=7', '--pid', '9'], { pid: { mode: 'include', values: new Set([7, 9]) } }],
    [['-vTq'], { verbose: true, time: true, quiet: true }],
    [['-Tfa b.json'], { time: true, file: 'a b.json' }],
    [['-f', '-'], { file: '-' }],
    [['--no-file'], { noFile: true }],
    [['--fields', 'pid,-comm', '--fields=+x'], { fields: ['pid', '-comm', '+x'] }],
    [['--fields', '-comm'], { fields: ['-comm'] }],
    [['--duration', '2.5', '--timeout', '1m'], { duration: 60_000 }],
    [['--buffer', '16M'], { buffer: 16 * 2 ** 20 }],
    [['-u', 'root,!1000'], { uid: { mode: 'include', values: new Set([0]) } }],
    [['--comm', 'a,b', '--comm', '!c'], { comm: { mode: 'include', values: new Set(['a,b']) } }],
    [['--max-events', '5', '-o', 'csv'], { maxEvents: 5, output: 'csv' }],
    [[], { pid: undefined, fields: [], verbose: false, duration: undefined }],
  ])('%j', (argv, expected) => {
    expect(parse(...argv).values).toMatchObject(expected);
  });

  it('leaves operands alone', () => {
    expect(parse('a', '-v', '--', '-p', '7')).toMatchObject({
      operands: ['a', '-p', '7'],
      values: { verbose: true, pid: undefined },
    });
  });

  it.each([
    [['--prot', '80'], 'USAGE_UNKNOWN_OPTION', 'unknown option --prot', 'did you mean --port?'],
    [
      ['-containr'],
      'USAGE_UNKNOWN_OPTION',
      'unknown option -containr',
      'did you mean --container?',
    ],
    [['-Z'], 'USAGE_UNKNOWN_OPTION', 'unknown option -Z', 'see --help'],
    [['-vZ'], 'USAGE_UNKNOWN_OPTION', 'unknown option -Z', 'see --help'],
    [
      ['--completely-else'],
      'USAGE_UNKNOWN_OPTION',
      'unknown option --completely-else',
      'see --help',
    ],
    [
      ['-P'],
      'USAGE_VALUE_MISSING',
      '-P needs a value',
      '-P takes numbers from 1 to 65535, as in 80,8000-8100,!443',
    ],
    [['-f', '-v'], 'USAGE_VALUE_MISSING', '-f needs a value', '-f takes a value'],
    [['--verbose=1'], 'USAGE_VALUE_UNWANTED', '--verbose takes no value', 'write --verbose'],
    [
      ['-P', '0'],
      'USAGE_BAD_VALUE',
      "--port takes numbers from 1 to 65535, as in 80,8000-8100,!443; received '0'",
      'see --help',
    ],
    [
      ['-P', '9-1'],
      'USAGE_BAD_VALUE',
      "--port takes numbers from 1 to 65535, as in 80,8000-8100,!443; received '9-1' (the range 9-1 ends before it begins)",
      'see --help',
    ],
    [
      ['--max-events=-1'],
      'USAGE_BAD_VALUE',
      "--max-events takes a whole number from 1 to 9007199254740991; received '-1'",
      'see --help',
    ],
    [
      ['-o', 'xml'],
      'USAGE_BAD_VALUE',
      "--output takes one of table, wide, json, csv; received 'xml'",
      'see --help',
    ],
    [
      ['--buffer', '1K'],
      'USAGE_BAD_VALUE',
      "--buffer takes a size from 4K to 1G, as in 512K or 16M; received '1K'",
      'see --help',
    ],
    [
      ['-f', ''],
      'USAGE_BAD_VALUE',
      "--file takes a value; received '' (it is empty)",
      'see --help',
    ],
    [
      ['-u', 'nobody-here'],
      'USAGE_BAD_VALUE',
      "--uid takes user ids or names, as in 0,1000-1999,alice,!bob; received 'nobody-here' (there is no user 'nobody-here' in /etc/passwd)",
      'see --help',
    ],
    [
      ['--cidr', '10.0.0.0/33'],
      'USAGE_BAD_VALUE',
      "--cidr takes networks, as in 10.0.0.0/8,2001:db8::/32,!10.1.0.0/16; received '10.0.0.0/33' ('10.0.0.0/33' needs a prefix from 0 to 32)",
      'see --help',
    ],
  ])('%j is refused', (argv, code, message, hint) => {
    expect(() => parse(...argv)).toThrow(expect.objectContaining({ code, message, hint }));
  });
});

describe('an option whose value may be left out', () => {
  const log = { ...kind.text({ argument: 'FILE', help: 'a file' }), implied: 'usual.dat' };
  const read = (...argv: string[]) =>
    parseArguments({ log, all: kind.flag({ help: 'all' }) }, argv).values;

  it('has the implied one before another option and at the end', () => {
    expect(read('--log', '--all')).toEqual({ log: 'usual.dat', all: true });
    expect(read('--all', '--log').log).toBe('usual.dat');
    expect(read('--log', '--', 'x').log).toBe('usual.dat');
  });

  it('has the given one, or none', () => {
    expect([read('--log', 'a').log, read('--log=-b').log, read().log]).toEqual([
      'a',
      '-b',
      undefined,
    ]);
  });
});

describe('filters of the common options', () => {
  it('are in the shape that the loader takes', () => {
    const { values } = parse(
      '-p',
      '!7',
      '--comm',
      'a-very-long-command',
      '--mntnsmap',
      '/sys/fs/bpf/m',
    );
    expect(commonFilters(values)).toEqual({
      pids: { mode: 'exclude', values: new Set([7]) },
      comms: { mode: 'include', values: new Set(['a-very-long-com']) },
      mntnsMap: '/sys/fs/bpf/m',
    });
  });
});

describe('number lists', () => {
  const rules = { min: 0, max: 200_000 };
  it.each([
    ['80,8000-8002,!8001', 'include', [80, 8000, 8002]],
    ['!443', 'exclude', [443]],
    ['!443,!1-3', 'exclude', [443, 1, 2, 3]],
    [' 5 , 5 ', 'include', [5]],
  ])('%s', (list, mode, values) => {
    expect(parseNumbers(list, rules)).toEqual({ mode, values: new Set(values) });
  });

  it.each([
    '',
    ',',
    '1,',
    'a',
    '1-',
    '-1',
    '--',
    '!',
    '!!1',
    '1-2-3',
    '0x10',
    '1e3',
    '1.5',
    '200001',
    '5,!5',
    '٣',
  ])('refuses %j', (list) => expect(() => parseNumbers(list, rules)).toThrow());

  it('takes 65,536 values and no more', () => {
    expect(parseNumbers('0-65535,5', rules).values.size).toBe(65_536);
    expect(() => parseNumbers('0-65536', rules)).toThrow(/at most 65536/);
    expect(() => parseNumbers('0-65535,70000', rules)).toThrow(/at most 65536/);
  });

  it.each([21, 22, 23])('agree with a plain model, seed %d', (seed) => {
    const random = randomSource(seed);
    for (let round = 0; round < 2000; round++) {
      const items = Array.from({ length: 1 + random(5) }, () => {
        const from = random(30);
        const to = from + random(5);
        return { from, to, not: random(3) === 0 };
      });
      const list = items.map(
        ({ from, to, not }) => `${not ? '!' : ''}${from === to ? from : `${from}-${to}`}`,
      );
      const passes = (value: number) => {
        const hit = (not: boolean) =>
          items.some((i) => i.not === not && i.from <= value && value <= i.to);
        return !hit(true) && (hit(false) || items.every(({ not }) => not));
      };
      const expected = Array.from({ length: 50 }, (_, value) => passes(value));
      if (!items.every(({ not }) => not) && !expected.includes(true)) {
        expect(() => parseNumbers(list.join(','), rules)).toThrow(/leave nothing/);
        continue;
      }
      const { mode, values } = parseNumbers(list.join(','), rules);
      expect(expected.map((_, value) => values.has(value) === (mode === 'include'))).toEqual(
        expected,
      );
    }
  });

  it.each([31, 32])('any text is a list or refused, seed %d', (seed) => {
    const random = randomSource(seed);
    const letters = '0123456789,-! ax';
    for (let round = 0; round < 3000; round++) {
      const list = Array.from({ length: random(12) }, () => letters[random(letters.length)]).join(
        '',
      );
      try {
        for (const value of parseNumbers(list, rules).values)
          expect(value >= 0 && value <= 200_000).toBe(true);
      } catch (error) {
        expect((error as Error).constructor.name).toBe('BadValue');
      }
    }
  });
});

describe('quantities', () => {
  it.each([
    ['4096', 4096],
    ['16M', 2 ** 24],
    ['1gib', 2 ** 30],
    ['512k', 2 ** 19],
    ['1.5M', undefined],
    ['M', undefined],
    ['-1', undefined],
  ])('size %s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each([
    ['10', 10_000],
    ['2.5', 2500],
    ['500ms', 500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['', undefined],
    ['5 m', undefined],
    ['1w', undefined],
  ])('duration %s', (text, ms) => expect(parseDuration(text)).toBe(ms));
});

describe('networks', () => {
  const hex = (list: string) =>
    parseCidrs(list).include.map(
      ({ address, prefix }) => `${Buffer.from(address).toString('hex')}/${prefix}`,
    );
  it.each([
    ['10.1.2.3', '0a010203/32'],
    ['10.1.2.3/9', '0a000000/9'],
    ['0.0.0.0/0', '00000000/0'],
    ['2001:db8::/32', '20010db8000000000000000000000000/32'],
    ['::1', '00000000000000000000000000000001/128'],
    ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001/128'],
    ['1:2:3:4:5:6:7:8/127', '00010002000300040005000600070008/127'],
  ])('%s', (list, expected) => expect(hex(list)).toEqual([expected]));

  it('keeps exclusions apart', () => {
    const { include, exclude } = parseCidrs('10.0.0.0/8,!10.1.0.0/16');
    expect([include.length, exclude.length, exclude[0]?.prefix]).toEqual([1, 1, 16]);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '1::2::3',
    '1:2:3',
    ':::',
    '::g',
    '1:2:3:4:5:6:7::8',
    '10.0.0.0/',
    '10.0.0.0/x',
    '::/129',
    '::1.2.3',
  ])('refuses %j', (list) => expect(() => parseCidrs(list)).toThrow());
});

describe('users', () => {
  it('are looked up by name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'output-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const passwd = join(folder, 'passwd');
    writeFileSync(
      passwd,
      'root:x:0:0::/root:/bin/sh\n# note\nbob:x:1007:1::/:/bin/sh\nodd:x:abc:1\n',
    );
    expect(userId('bob', passwd)).toBe(1007);
    expect(() => userId('odd', passwd)).toThrow();
    expect(() => userId('bo', passwd)).toThrow(/no user 'bo'/);
  });
});

describe('help', () => {
  const tool = {
    name: 'tool',
    summary: 'does things',
    examples: [{ command: 'tool -p 7', help: 'of process 7' }],
  };
  it('fits 80 columns, names each option and ends with examples', () => {
    const help = helpText(tool, table);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    for (const key of Object.keys(table))
      expect(help).toContain(`--${key.replace(/[A-Z]/g, (l) => `-${l.toLowerCase()}`)}`);
    expect(help).toContain('  -P, --port LIST         remote ports');
    expect(help.trimEnd().endsWith('tool -p 7\n      of process 7')).toBe(true);
  });

  it('makes the tables of a README', () => {
    expect(optionsMarkdown(table)).toContain(
      '| `-P, --port LIST` | remote ports: numbers from 1 to 65535, as in 80,8000-8100,!443 |',
    );
  });
});
