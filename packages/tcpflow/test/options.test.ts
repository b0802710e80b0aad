import { expect, test } from 'vitest';
import { parseAlert } from '../src/alert.js';
import { parseRange, portsOf } from '../src/ports.js';
import { withTicks } from '../src/ticks.js';

test.each([
  ['count>100', { count: 100 }],
  ['mtbs<0.1', { mtbs: 0.1 }],
  ['mtbs<2,count>7', { mtbs: 2, count: 7 }],
  [' count > 100 , mtbs < 0.000000001 ', { count: 100, mtbs: 1e-9 }],
])('--alert %j', (text, limits) => expect(parseAlert(text)).toEqual(limits));

test.each([
  ...['', 'count', 'count<1', 'mtbs>1', 'mtbs<0', 'count>1.5', 'count>-1', 'count>1,count>2'],
  ...['count>1,', 'mtbs<1e3', 'rate>1', 'count>1;mtbs<2', 'mtbs<0.0000000001'],
])('--alert %j is refused', (text) => expect(parseAlert(text)).toBeUndefined());

test.each([
  ['1,2', { first: 1, last: 2 }],
  [' 0 , 65535 ', { first: 0, last: 65_535 }],
  ['80,80', { first: 80, last: 80 }],
  ['2,1', undefined],
  ['1,65536', undefined],
  ['1', undefined],
  ['1-2', undefined],
  ['1,2,3', undefined],
])('-R %j', (text, range) => expect(parseRange(text)).toEqual(range));

test('-P and -R together: both, or the range without what -P excludes', () => {
  const range = { first: 10, last: 12 };
  const list = (mode: 'include' | 'exclude', ...values: number[]) => ({
    mode,
    values: new Set(values),
  });
  expect(portsOf(undefined, undefined)).toBeUndefined();
  expect(portsOf(list('exclude', 1), undefined)).toEqual(list('exclude', 1));
  expect(portsOf(undefined, range)).toEqual(list('include', 10, 11, 12));
  expect(portsOf(list('include', 80, 11), range)).toEqual(list('include', 80, 11, 10, 12));
  expect(portsOf(list('exclude', 11), range)).toEqual(list('include', 10, 12));
});

/** Batches that come when told to. */
class Batches implements AsyncIterable<string> {
  closed = false;
  #give: (result: IteratorResult<string>) => void = () => {};

  give(value: string): void {
    this.#give({ done: false, value });
  }

  end(): void {
    this.#give({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: () => new Promise((resolve) => (this.#give = resolve)),
      return: async () => {
        this.closed = true;
        return { done: true, value: undefined };
      },
    };
  }
}

test('ticks come between batches, and none of either is lost', async () => {
  const batches = new Batches();
  const got: (string | undefined)[] = [];
  for await (const one of withTicks(batches, 10)) {
    got.push(one);
    if (got.length === 1) setImmediate(() => batches.give('first'));
    if (got.length === 2) setImmediate(() => batches.give('second'));
    if (got.length === 5) setImmediate(() => batches.end());
  }
  expect(got.slice(0, 1)).toEqual([undefined]);
  expect(got.filter((one) => one !== undefined)).toEqual(['first', 'second']);
  expect(batches.closed).toBe(true);
});

test('without an interval there are batches alone', async () => {
  const batches = (async function* () {
    yield 1;
    yield 2;
  })();
  const got: (number | undefined)[] = [];
  for await (const one of withTicks(batches, undefined)) got.push(one);
  expect(got).toEqual([1, 2]);
});
