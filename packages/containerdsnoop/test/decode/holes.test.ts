import { describe, expect, it } from 'vitest';
import { withHoles } from '../elsewhere.js';
import { decode, type KeptMessage } from './decoding.js';
import { Random } from './random.js';
import { type Planned, plan, shop } from './shop.js';
import { chunksOf, dataFrames, GoConnection, grpcMessage } from './wire.js';

/** Calls with timeouts of their own, or with a trace id each, which turns the table over soon. */
function traffic(random: Random, calls: number, isTraced = false) {
  const connection = new GoConnection();
  const truth = new Map<number, Planned>();
  for (let count = 0; count < calls; count++) {
    const planned = plan(random);
    const { method, request, response } = planned;
    const timeout = isTraced ? '120000m' : `${random.below(1e6)}u`;
    const trace = isTraced ? `00-${random.bytes(24).toString('hex')}-01` : undefined;
    truth.set(connection.unary(method, request, response, timeout, trace), planned);
  }
  return { connection, truth };
}

function isPartOf({ bytes, missing, type }: KeptMessage, planned: Planned): boolean {
  const whole = planned[type];
  if (bytes === null) return true;
  return missing === 0 ? whole.equals(bytes) : whole.subarray(0, bytes.length).equals(bytes);
}

describe('a capture with holes', () => {
  it.each([0.01, 0.05, 0.1, 0.2, 0.4])('with %f of the writes lost invents nothing', (share) => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = new Random(seed);
      const { connection, truth } = traffic(random, 150, seed % 2 === 0);
      const { messages, calls } = decode(
        withHoles(chunksOf(connection.writes), random, share),
        shop,
      );
      for (const message of messages) {
        const planned = truth.get(message.stream) as Planned;
        expect(isPartOf(message, planned)).toBe(true);
        if (message.method !== null) expect(message.method).toBe(planned.method);
      }
      for (const { stream, method, status } of calls) {
        if (method !== null) expect(method).toBe(truth.get(stream)?.method);
        expect([0, null]).toContain(status);
      }
    }
  });

  it('recognises the table after lost requests', () => {
    let healed = 0;
    const runs = 30;
    for (let seed = 1; seed <= runs; seed++) {
      const random = new Random(seed);
      const { connection, truth } = traffic(random, 60);
      const chunks = [...chunksOf(connection.writes)];
      const requests = chunks.filter(({ kind, toServer }) => kind === 'data' && toServer);
      // The headers of one call in the middle, and everything of the request after it.
      const lost = new Set(requests.slice(60, 63));
      const { calls } = decode(
        chunks.filter((chunk) => !lost.has(chunk)),
        shop,
      );
      const last = calls.slice(-20);
      if (last.every(({ stream, method }) => method === truth.get(stream)?.method)) healed++;
      for (const { stream, method, pathSource } of last) {
        if (pathSource === 'wire') expect(method).toBe(truth.get(stream)?.method);
      }
    }
    expect(healed).toBeGreaterThan(0.8 * runs);
  });

  it('ends calls that were answered, when their trailers were lost', () => {
    const connection = new GoConnection();
    const list = '/shop.v1.Shop/ListOrders';
    const unary = () => connection.unary(list, Buffer.alloc(0), Buffer.alloc(0), '1S');
    const first = unary();
    const cut = connection.request(list);
    connection.write(true, dataFrames(cut, grpcMessage(Buffer.alloc(0)), true));
    const answer = dataFrames(cut, grpcMessage(Buffer.alloc(0)), false);
    connection.write(false, Buffer.concat([connection.responseHeaders(cut), answer]));
    const answered = connection.writes.length;
    connection.write(false, connection.trailers(cut, 0));
    const second = unary();
    const later = connection.writes.length;
    const third = unary();
    // A chunk for each write, after that of the open.
    const chunks = [...chunksOf(connection.writes)]
      .map((chunk, index) => (index > later ? { ...chunk, tsNs: chunk.tsNs + 2e9 } : chunk))
      .filter((_, index) => index !== answered + 1);
    const { calls } = decode(chunks, shop);
    expect(calls.map(({ stream }) => stream)).toEqual([first, second, cut, third]);
    const call = calls[2];
    expect(call).toMatchObject({ method: list, end: 'status', status: null, responses: 1 });
    expect(call?.endNs).toBe(chunks[answered]?.tsNs);
  });

  it('costs one message when it is inside of one', () => {
    const connection = new GoConnection();
    const stream = connection.request('/shop.v1.Shop/Upload');
    const parts = [Buffer.alloc(50_000, 1), Buffer.alloc(50_000, 2), Buffer.alloc(100, 3)];
    for (const part of parts) connection.write(true, dataFrames(stream, grpcMessage(part), false));
    const chunks = [...chunksOf(connection.writes)].map((chunk) =>
      chunk.length > 50_000 && chunk.bytes[14] === 1
        ? { ...chunk, bytes: chunk.bytes.subarray(0, 40_000) }
        : chunk,
    );
    const { messages, stats } = decode(chunks, shop);
    expect(messages.map(({ length, missing }) => [length, missing > 0])).toEqual([
      [50_000, true],
      [50_000, false],
      [100, false],
    ]);
    expect(stats.undecoded.hole).toBe(50_000 + 5 + 4 * 9 - 40_000);
  });
});
