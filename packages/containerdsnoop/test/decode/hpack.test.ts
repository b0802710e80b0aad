import hpack from 'hpack.js';
import { describe, expect, it } from 'vitest';
import { decodeBlock } from '../../src/decode/hpack/block.js';
import { huffmanText } from '../../src/decode/hpack/huffman.js';
import { HpackError, Table } from '../../src/decode/hpack/table.js';
import { Random } from './random.js';

const NAMES = [':path', ':authority', 'content-type', 'grpc-timeout', 'x-trace', 'te'];

function headerLists(random: Random, count: number): [string, string][][] {
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.below(7) }, () => [
      random.pick(NAMES),
      random.next() < 0.6
        ? `value-${random.below(20)}`
        : random.bytes(random.below(40)).toString('hex'),
    ]),
  );
}

/** Blocks of another encoder: some fields indexed, some as Huffman code, the table resized at times. */
function encode(lists: readonly [string, string][][], random: Random): Buffer[] {
  const compressor = hpack.compressor.create({ table: { maxSize: 4096 } });
  return lists.map((list) => {
    if (random.next() < 0.05) compressor.updateTableSize(random.pick([0, 256, 4096]));
    compressor.write(
      list.map(([name, value]) => ({
        name,
        value,
        incremental: random.next() < 0.8,
        huffman: random.next() < 0.5,
      })),
    );
    return compressor.read() ?? Buffer.alloc(0);
  });
}

const pairs = (fields: readonly { name: string | null; value: string | null }[]) =>
  fields.map(({ name, value }) => [name, value]);

describe('a table known from its start', () => {
  it('decodes what another encoder wrote', () => {
    const random = new Random(7);
    const lists = headerLists(random, 2000);
    const table = new Table(true);
    const decoded = encode(lists, random).map((block) => pairs(decodeBlock(table, block)));
    expect(decoded).toEqual(lists);
  });

  it('decodes the examples of RFC 7541, C.4', () => {
    const table = new Table(true);
    const blocks = [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ];
    const last = blocks.map((hex) => decodeBlock(table, Buffer.from(hex, 'hex'))).at(-1) ?? [];
    expect(pairs(last)).toEqual([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  it.each([
    ['index 0', '80'],
    ['an entry that is not there', 'bf'],
    ['a string beyond the block', '0085'],
    ['an integer that does not end', 'ffffffff'],
    ['an integer beyond 2^28', 'ffffffffffff0f'],
    ['a size update within a block', '8220'],
    ['padding that is no padding', '0081ff0161'],
  ])('refuses %s', (_, hex) => {
    expect(() => decodeBlock(new Table(true), Buffer.from(hex, 'hex'))).toThrow(HpackError);
  });

  it('gives out no more than a limited list, but follows all of it', () => {
    const table = new Table(true);
    const value = 'v'.repeat(3000);
    table.insert('x', value);
    const fields = decodeBlock(table, Buffer.alloc(10_000, 0xbe));
    expect(fields.length).toBeLessThan(100);
    expect(pairs(decodeBlock(table, Buffer.from([0xbe])))).toEqual([['x', value]]);
  });
});

describe('a table come upon in the middle', () => {
  it('never tells a wrong name or value, and knows an entry again', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed);
      const lists = headerLists(random, 120);
      const blocks = encode(lists, random);
      const from = 1 + random.below(100);
      const table = new Table(false);
      const identity = new Map<unknown, string>();
      for (const [index, block] of blocks.entries()) {
        if (index < from) continue;
        const fields = decodeBlock(table, block);
        const truth = lists[index] as [string, string][];
        expect(fields.length).toBe(truth.length);
        for (const [at, field] of fields.entries()) {
          const [name, value] = truth[at] as [string, string];
          expect([name, null]).toContain(field.name);
          expect([value, null]).toContain(field.value);
          if (field.seq === null) continue;
          expect(identity.get(field) ?? `${name}: ${value}`).toBe(`${name}: ${value}`);
          identity.set(field, `${name}: ${value}`);
        }
      }
    }
  });

  it('knows everything once all entries were replaced', () => {
    const table = new Table(false);
    for (let index = 0; index < 200; index++) table.insert('name', `value ${index}`);
    expect(table.at(62)).toMatchObject({ name: 'name', value: 'value 199' });
    expect(table.at(62 + 60)).toMatchObject({ value: 'value 139' });
  });

  it('takes a larger table than there should be for what it is', () => {
    const table = new Table(false);
    for (let index = 0; index < 200; index++) table.insert('name', `value ${index}`);
    expect(table.at(62 + 150)).toMatchObject({ name: null, value: null });
    for (let index = 200; index < 400; index++) table.insert('name', `value ${index}`);
    expect(table.at(62 + 150)).toMatchObject({ value: 'value 249' });
  });
});

describe('huffmanText', () => {
  it('agrees with another decoder on any bytes', () => {
    const random = new Random(3);
    for (let run = 0; run < 5000; run++) {
      const bytes = random.bytes(random.below(12));
      const literal = Buffer.concat([Buffer.from([0, 1, 0x61, 0x80 | bytes.length]), bytes]);
      const other = hpack.decompressor.create({ table: { maxSize: 4096 } });
      let expected: string | null = null;
      try {
        other.write(literal);
        other.execute();
        expected = other.read()?.value ?? null;
      } catch {
        // refused
      }
      expect(huffmanText(bytes, 0, bytes.length)).toBe(expected);
    }
  });
});
