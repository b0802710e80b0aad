import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BpfObject, type OnBatch, RingBuffer, type RingBufferOptions } from '../src/index.js';
import { emit, loadOnly, needEmit, outcome } from './support.js';

const RING_BYTES = 64 * 1024;

let object: BpfObject;
const rings: RingBuffer[] = [];

beforeEach((context) => {
  needEmit(context);
  object = loadOnly('emit');
});

afterEach(() => {
  for (const ring of rings.splice(0)) ring.close();
  object?.close();
});

interface Received {
  sequence: number;
  length: number;
  map: number;
}

/** Records of a batch, by its documented form. */
function parse(bytes: Uint8Array, length: number): Received[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const found: Received[] = [];
  for (let at = 0; at < length; ) {
    const size = view.getUint32(at, true);
    const sequence = Number(view.getBigUint64(at + 8, true));
    found.push({ sequence, length: size, map: view.getUint32(at + 4, true) });
    at += 8 + Math.ceil(size / 8) * 8;
  }
  return found;
}

/** A ring buffer over both maps that collects; `until(n)` waits for the nth record. */
function collect(options?: RingBufferOptions, after?: OnBatch) {
  const received: Received[] = [];
  const batches: number[] = [];
  let wake = () => {};
  const ring = new RingBuffer(
    [object.map('events'), object.map('others')],
    (bytes, length) => {
      received.push(...parse(bytes, length));
      batches.push(length);
      wake();
      return after?.(bytes, length);
    },
    options,
  );
  rings.push(ring);
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      wake = () => received.length >= count && resolve();
      wake();
    });
  return { ring, received, batches, until };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('records of all sizes and both maps arrive once and in order', () => {
  const { ring, received } = collect();
  emit(object, { amount: 3 });
  emit(object, { amount: 5, size: 12, map: 1 });
  emit(object, { amount: 2, size: 8192 });
  expect(ring.consume()).toBe(10);
  const of = (map: number) => received.filter((each) => each.map === map);
  expect(of(0).map((each) => [each.sequence, each.length])).toEqual([
    [0, 16],
    [1, 16],
    [2, 16],
    [0, 8192],
    [1, 8192],
  ]);
  expect(of(1).map((each) => [each.sequence, each.length])).toEqual(
    [0, 1, 2, 3, 4].map((each) => [each, 12]),
  );
  expect(ring.consume()).toBe(0);
});

test('the event loop delivers what comes while it runs', async () => {
  const { ring, received, until } = collect();
  ring.start();
  for (let round = 1; round <= 5; round++) {
    emit(object, { amount: 7 });
    await until(round * 7);
  }
  expect(received).toHaveLength(35);
});

test('records before the start are delivered after it', async () => {
  emit(object, { amount: 4 });
  const { ring, until } = collect();
  ring.start();
  await until(4);
});

test.each([0, 10])('with coalescing of %d ms nothing is lost', async (coalesceMs) => {
  const { ring, received, until } = collect({ coalesceMs });
  ring.start();
  let total = 0;
  for (let round = 0; round < 50; round++) {
    total += 100 - emit(object, { amount: 100 });
    await turn();
  }
  await until(total);
  expect(received).toHaveLength(total);
});

test('a small batch is filled several times, and a large record gets a larger one', () => {
  const { ring, received, batches } = collect({ batchBytes: 4096 });
  emit(object, { amount: 1000 });
  emit(object, { amount: 2, size: 8192, map: 1 });
  expect(ring.consume()).toBe(1002);
  expect(batches.length).toBeGreaterThan(4);
  const sequences = received.filter(({ map }) => map === 0).map(({ sequence }) => sequence);
  expect(sequences).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  expect(received.filter(({ map }) => map === 1)).toHaveLength(2);
});

test('a full ring refuses, and what it took is all delivered', () => {
  const { ring, received } = collect();
  const refused = emit(object, { amount: 5000 });
  expect(refused).toBeGreaterThan(0);
  expect(ring.fill()).toBeGreaterThan(0.99);
  expect(ring.consume()).toBe(5000 - refused);
  expect(ring.fill()).toBe(0);
  expect(received.length).toBe(Math.floor(RING_BYTES / 24));
});

describe('flow', () => {
  test('paused, nothing arrives until it goes on', async () => {
    const { ring, received, until } = collect();
    ring.start();
    ring.pause();
    ring.pause();
    emit(object, { amount: 3 });
    await turn();
    await turn();
    expect(received).toEqual([]);
    ring.resume();
    ring.resume();
    await until(3);
  });

  test('false from the callback pauses', async () => {
    let go = false;
    const { ring, received, until } = collect({ batchBytes: 4096 }, () => go);
    emit(object, { amount: 1000 });
    ring.start();
    await until(1);
    const first = received.length;
    expect(first).toBeLessThan(1000);
    await turn();
    expect(received.length).toBe(first);
    go = true;
    ring.resume();
    await until(1000);
  });

  test('false from the callback during consume pauses the loop too', async () => {
    const { ring, received } = collect({ batchBytes: 4096 }, () => false);
    ring.start();
    emit(object, { amount: 1000 });
    ring.consume();
    const first = received.length;
    expect(first).toBeLessThan(1000);
    await turn();
    await turn();
    expect(received.length).toBe(first);
  });

  test('resumed inside the callback, false is not the last word', async () => {
    const { ring, until } = collect({ batchBytes: 4096 }, () => {
      Promise.resolve().then(() => ring.resume());
      return false;
    });
    emit(object, { amount: 1000 });
    ring.start();
    await until(1000);
  });

  test('closed inside the callback, it ends at once', async () => {
    const { ring, received } = collect({ batchBytes: 4096 }, () => ring.close());
    emit(object, { amount: 1000 });
    ring.consume();
    expect(received.length).toBeLessThan(1000);
    expect(outcome(() => ring.consume())).toBe('BPF_CLOSED');
    await turn();
  });

  test('consume inside the callback is nothing, not a recursion', () => {
    const { ring } = collect({}, () => {
      expect(ring.consume()).toBe(0);
    });
    emit(object, { amount: 3 });
    expect(ring.consume()).toBe(3);
  });

  test('an exception of the callback comes out of consume', () => {
    const { ring } = collect({}, () => {
      throw new Error('mine');
    });
    emit(object, { amount: 1 });
    expect(() => ring.consume()).toThrow('mine');
    expect(ring.consume()).toBe(0);
  });

  test('the object may close first', () => {
    const { ring } = collect();
    ring.start();
    emit(object, { amount: 3 });
    object.close();
    ring.close();
    expect(outcome(() => ring.start())).toBe('BPF_CLOSED');
  });
});

test('a buffer that the callback gave away is replaced', () => {
  const { ring, received } = collect({}, (bytes) => {
    structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  });
  for (let round = 0; round < 3; round++) {
    emit(object, { amount: 10 });
    expect(ring.consume()).toBe(10);
  }
  expect(received).toHaveLength(30);
});

test.each<[string, () => unknown, string]>([
  ['no map', () => new RingBuffer([], () => {}), 'BPF_INVALID_ARGUMENT'],
  [
    'a map of another kind',
    () => new RingBuffer([object.map('table')], () => {}),
    'BPF_INVALID_ARGUMENT',
  ],
  ['what is no map', () => new RingBuffer([{} as never], () => {}), 'BPF_INVALID_ARGUMENT'],
  [
    'no callback',
    () => new RingBuffer([object.map('events')], undefined as never),
    'BPF_INVALID_ARGUMENT',
  ],
  [
    'a tiny batch',
    () => new RingBuffer([object.map('events')], () => {}, { batchBytes: 1 }),
    'BPF_INVALID_ARGUMENT',
  ],
])('%s is refused', (_, make, code) => {
  expect(outcome(make)).toBe(code);
});
