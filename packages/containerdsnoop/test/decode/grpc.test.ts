import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decode, lostBytes } from './decoding.js';
import { Random } from './random.js';
import { plan, shop } from './shop.js';
import { chunksOf, dataFrames, frame, GoConnection, grpcMessage, type Write } from './wire.js';

const PATH = '/shop.v1.Shop/PlaceOrder';
const RST_STREAM = 3;
const GOAWAY = 7;

/** The same bytes in writes of other lengths. */
function rechunked(writes: readonly Write[], random: Random, longest: number): Write[] {
  return writes.flatMap(({ toServer, bytes }) => {
    const parts: Write[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + random.below(longest);
      parts.push({ toServer, bytes: bytes.subarray(at, end) });
      at = end;
    }
    return parts;
  });
}

describe('calls seen from the start of their connection', () => {
  it.each([1, 9, 1000, 100_000])('come out whole from writes of up to %i bytes', (longest) => {
    const random = new Random(5);
    const connection = new GoConnection();
    const plans = Array.from({ length: longest < 9 ? 6 : 40 }, () => plan(random));
    for (const { method, request, response } of plans) {
      connection.unary(method, request, response, `${random.below(1e6)}u`);
    }
    const decoded = decode(chunksOf(rechunked(connection.writes, random, longest)), shop);
    expect(decoded.messages.map(({ method, bytes }) => [method, bytes?.toString('hex')])).toEqual(
      plans.flatMap(({ method, request, response }) => [
        [method, request.toString('hex')],
        [method, response.toString('hex')],
      ]),
    );
    expect(decoded.calls).toHaveLength(plans.length);
    expect(new Set(decoded.messages.map(({ pathSource }) => pathSource))).toEqual(
      new Set(['wire']),
    );
    expect(decoded.calls.every(({ status, end }) => status === 0 && end === 'status')).toBe(true);
    expect(lostBytes(decoded)).toBe(0);
  });

  it('have sizes, metadata, latency and status', () => {
    const connection = new GoConnection();
    const stream = connection.request(PATH, [['containerd-namespace', 'k8s.io']]);
    connection.write(true, dataFrames(stream, grpcMessage(Buffer.from('abc')), true));
    connection.write(false, connection.trailers(stream, 5, 'no such tea: %E2%98%95'));
    const { calls, messages } = decode(chunksOf(connection.writes));
    expect(calls).toMatchObject([
      {
        method: PATH,
        stream,
        status: 5,
        statusMessage: 'no such tea: ☕',
        requests: 1,
        responses: 0,
        requestBytes: 3,
        latencyNs: 2e6,
        end: 'status',
      },
    ]);
    expect(calls[0]?.headers).toContainEqual(['containerd-namespace', 'k8s.io']);
    expect(messages.at(-1)).toMatchObject({ type: 'response', bytes: null, length: 0, status: 5 });
  });

  it('may stream in both directions', () => {
    const connection = new GoConnection();
    const stream = connection.request('/shop.v1.Shop/Watch');
    const parts = [Buffer.from('one'), Buffer.alloc(40_000, 2), Buffer.alloc(0)];
    for (const part of parts) connection.write(true, dataFrames(stream, grpcMessage(part), false));
    connection.write(true, frame(0, 1, stream, Buffer.alloc(0)));
    connection.write(false, connection.responseHeaders(stream));
    const answers = Buffer.concat(parts.map((part) => grpcMessage(part)));
    connection.write(false, dataFrames(stream, answers, false));
    connection.write(false, connection.trailers(stream, 0));
    const { messages, calls } = decode(chunksOf(connection.writes));
    const lengths = (type: string) =>
      messages.filter((each) => each.type === type).map(({ bytes }) => bytes?.length);
    expect(lengths('request')).toEqual([3, 40_000, 0]);
    expect(lengths('response')).toEqual([3, 40_000, 0]);
    expect(calls).toMatchObject([{ requests: 3, responses: 3, responseBytes: 40_003 }]);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('may be compressed by %s', (encoding, compress) => {
    const connection = new GoConnection();
    const stream = connection.request(PATH, [['grpc-encoding', encoding]]);
    const text = Buffer.from('tea '.repeat(1000));
    connection.write(true, dataFrames(stream, grpcMessage(compress(text), true), true));
    const { messages } = decode(chunksOf(connection.writes));
    expect(messages[0]?.bytes).toEqual(text);
    expect(messages[0]).toMatchObject({ length: 4000, missing: 0 });
  });

  it('count what cannot be uncompressed', () => {
    const connection = new GoConnection();
    const stream = connection.request(PATH, [['grpc-encoding', 'gzip']]);
    const bomb = gzipSync(Buffer.alloc(1 << 20));
    connection.write(true, dataFrames(stream, grpcMessage(bomb, true), false));
    connection.write(true, dataFrames(stream, grpcMessage(Buffer.from('broken'), true), true));
    const { messages, undecoded } = decode(chunksOf(connection.writes), shop, {
      messageBytes: 64 << 10,
    });
    expect(messages.map(({ bytes }) => bytes)).toEqual([null, null]);
    expect(undecoded.map(({ cause }) => cause)).toEqual(['compression', 'compression']);
  });

  it.each([
    [
      'the client cancels',
      true,
      frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 8])),
      'cancelled',
      8,
    ],
    ['the server resets', false, frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 2])), 'reset', 2],
    ['the server refuses', false, frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 7])), 'refused', 7],
    ['the server goes away', false, frame(GOAWAY, 0, 0, Buffer.alloc(8)), 'refused', 0],
    ['the connection closes', false, Buffer.alloc(0), 'closed', null],
  ] as const)('end when %s', (_, toServer, bytes, end, errorCode) => {
    const connection = new GoConnection();
    connection.request(PATH);
    connection.write(toServer, bytes);
    const { calls } = decode(chunksOf(connection.writes));
    expect(calls).toMatchObject([{ method: PATH, end, errorCode, status: null }]);
  });
});

describe('calls on connections that were open before', () => {
  it('never have a wrong name from the wire, wherever the capture begins', () => {
    const random = new Random(11);
    const connection = new GoConnection();
    const truth = new Map<number, string>();
    for (let count = 0; count < 150; count++) {
      const { method, request, response } = plan(random);
      truth.set(connection.unary(method, request, response, `${random.below(1e6)}u`), method);
    }
    let [wire, inferred, wrong, open] = [0, 0, 0, 0];
    for (let run = 0; run < 40; run++) {
      const from = 1 + random.below(connection.writes.length - 20);
      const writes = connection.writes.slice(from);
      // The first write of each direction may be cut anywhere.
      for (const side of [true, false]) {
        const first = writes.find(({ toServer }) => toServer === side) as Write;
        const at = random.below(first.bytes.length);
        writes[writes.indexOf(first)] = { toServer: side, bytes: first.bytes.subarray(at) };
      }
      const { calls } = decode(chunksOf(writes, { fromStart: false }), shop);
      for (const { stream, method, pathSource } of calls) {
        if (pathSource === 'wire') {
          expect(method).toBe(truth.get(stream));
          wire++;
        } else if (method === null) open++;
        else if (method === truth.get(stream)) inferred++;
        else wrong++;
      }
    }
    expect(wire).toBeGreaterThan(1000);
    expect(inferred).toBeGreaterThan(0);
    expect(open).toBeLessThan(wire / 20);
    expect(wrong).toBe(0);
  });

  it('are named by their messages where nothing of the headers ever changes', () => {
    const random = new Random(23);
    const connection = new GoConnection();
    const truth = new Map<number, string>();
    for (let count = 0; count < 120; count++) {
      const { method, request, response } = plan(random);
      truth.set(connection.unary(method, request, response, '2S'), method);
    }
    const { calls } = decode(chunksOf(connection.writes, { from: 150 }), shop);
    const right = calls.filter(({ stream, method }) => method === truth.get(stream));
    const wrong = calls.filter(({ stream, method }) => method && method !== truth.get(stream));
    expect(right.length).toBeGreaterThan(0.9 * calls.length);
    expect(wrong).toEqual([]);
  });

  it('have candidates as long as their messages allow several methods', () => {
    const connection = new GoConnection();
    const empty = Buffer.alloc(0);
    for (let count = 0; count < 3; count++) {
      connection.unary('/shop.v1.Shop/ListOrders', empty, empty, '5S');
    }
    const from = connection.writes.length - 2;
    const { calls } = decode(chunksOf(connection.writes, { from }), shop);
    expect(calls).toMatchObject([{ method: null, pathSource: 'ambiguous' }]);
    expect(calls[0]?.candidates).toContain('/shop.v1.Shop/ListOrders');
  });

  it('have none without a schema', () => {
    const connection = new GoConnection();
    connection.unary(PATH, Buffer.alloc(0), Buffer.alloc(0), '5S');
    connection.unary(PATH, Buffer.alloc(0), Buffer.alloc(0), '5S');
    const from = connection.writes.length - 2;
    const { calls, messages } = decode(chunksOf(connection.writes, { from }));
    expect(calls).toMatchObject([{ method: null, candidates: [], pathSource: 'ambiguous' }]);
    expect(messages).toHaveLength(2);
  });
});
