import { describe, expect, it } from 'vitest';
import { HpackError } from '../../src/decode/hpack/table.js';
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
});
