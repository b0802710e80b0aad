import { describe, expect, it } from 'vitest';
import { HpackError, STATIC_FIELDS } from '../../src/decode/hpack/table.js';
import { HeaderTracker } from '../../src/decode/hpack/tracker.js';
import { Random } from './random.js';
import { HeaderWriter } from './wire.js';

type Pair = [string, string];

/** Requests of a client: what is the same in all, a path of a few, and something of its own. */
function lists(random: Random, count: number): Pair[][] {
  return Array.from({ length: count }, () => [
    [':path', `/shop.v1.Shop/${random.pick(['List', 'Place', 'Weigh', 'Watch'])}`],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['grpc-timeout', `${random.below(4) === 0 ? random.below(1e6) : 5}u`],
    ...(random.next() < 0.3 ? [['x-trace', random.bytes(20).toString('hex')] as Pair] : []),
  ]);
}

interface Result {
  decoded: number;
  known: number;
}

/** Decodes with some blocks left out, several in a row or apart, and compares with what was meant. */
function run(seed: number, lossShare: number): Result {
  const random = new Random(seed);
  const writer = new HeaderWriter();
  const tracker = new HeaderTracker(true);
  const result = { decoded: 0, known: 0 };
  let seen = 0;
  for (const list of lists(random, 200)) {
    const block = writer.block(list);
    if (random.next() < lossShare) {
      tracker.skip(block.length, seen);
      continue;
    }
    seen += block.length;
    const check = (fields: readonly { name: string | null; value: string | null }[]) => {
      for (const [index, { name, value }] of fields.entries()) {
        const [realName, realValue] = list[index] as Pair;
        expect([null, realName]).toContain(name);
        expect([null, realValue]).toContain(value);
      }
      result.decoded++;
      if (fields.every(({ name, value }) => name !== null && value !== null)) result.known++;
    };
    try {
      const fields = tracker.decode(block, check);
      if (fields !== null) check(fields);
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
    }
  }
  return result;
}

/** Encodes as Go does: what was sent before is an index, however long ago. */
function exactEncoder(): (list: readonly Pair[]) => Buffer {
  const entries: string[] = [];
  const string = (text: string) => [text.length, ...Buffer.from(text)];
  return (list) =>
    Buffer.from(
      list.flatMap(([name, value]) => {
        const at = entries.indexOf(`${name} ${value}`);
        if (at >= 0) return [0x80 | (STATIC_FIELDS.length + entries.length - at)];
        entries.push(`${name} ${value}`);
        return [0x40, ...string(name), ...string(value)];
      }),
    );
}

describe('header blocks after holes', () => {
  it.each([
    [0, 1],
    [0.02, 0.25],
    [0.1, 0.04],
    [0.3, 0.01],
  ])('with %f of them lost are never decoded wrongly, and %f wholly', (lossShare, least) => {
    const total = { decoded: 0, known: 0 };
    for (let seed = 1; seed <= 25; seed++) {
      const { decoded, known } = run(seed, lossShare);
      total.decoded += decoded;
      total.known += known;
    }
    expect(total.known / total.decoded).toBeGreaterThanOrEqual(least);
  });

  it('are not decoded by entries that only happen to be where they would be', () => {
    const encode = exactEncoder();
    const tracker = new HeaderTracker(true);
    const block = (name: string, timeout: string) =>
      encode([
        [':path', `/shop.v1.Shop/${name}`],
        [':authority', 'localhost'],
        ['content-type', 'application/grpc'],
        ['grpc-timeout', timeout],
      ]);
    // Each inserts its path, and two of them a timeout: paths at uneven distances.
    const paths = (names: readonly string[], times: readonly string[]) =>
      names.map((name, index) => block(name, times[index] as string));
    const late: (string | null)[][] = [];
    const decode = (bytes: Uint8Array) => {
      const note = (fields: readonly { value: string | null }[]) =>
        late.push(fields.map(({ value }) => value));
      const fields = tracker.decode(bytes, note);
      if (fields !== null) note(fields);
    };
    const old = ['List', 'Place', 'Weigh', 'Watch'];
    decode(block('Version', '9S'));
    for (const each of paths(old, ['1S', '9S', '2S', '9S'])) decode(each);
    // So much is lost that nothing is known of the table any more, though it is the same.
    tracker.skip(10_000, 100);
    for (const each of paths(old, ['9S', '9S', '9S', '9S'])) decode(each);
    const young = ['Upload', 'Cancel', 'Refund', 'Close'];
    for (const each of paths(young, ['3S', '9S', '4S', '9S'])) decode(each);
    tracker.skip(20, 10_000);
    late.length = 0;
    // As if six entries had been inserted, these would be the young ones.
    for (let time = 0; time < 4; time++) {
      for (const each of paths(old, ['9S', '9S', '9S', '9S'])) decode(each);
    }
    expect(late).toHaveLength(16);
    for (const [index, [path]] of late.entries()) {
      expect([null, `/shop.v1.Shop/${old[index % 4]}`]).toContain(path);
    }
  });
});
