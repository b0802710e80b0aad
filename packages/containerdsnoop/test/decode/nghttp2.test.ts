import { once } from 'node:events';
import * as http2 from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { decode, lostBytes } from './decoding.js';
import { type Proxied, proxyOf } from './proxy.js';
import { shop } from './shop.js';
import { chunksOf, grpcMessage } from './wire.js';

const PATHS = ['ListOrders', 'PlaceOrder', 'Weigh'].map((name) => `/shop.v1.Shop/${name}`);
const LARGE = 100_000;

/** A gRPC server as far as the wire shows: it answers with what it was asked, or with an error. */
function echoServer(): http2.Http2Server {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', () => undefined);
    stream.on('end', () => {
      const failed = headers['x-fail'] !== undefined;
      const outcome = { 'grpc-status': failed ? '7' : '0', 'grpc-message': failed ? 'no' : '' };
      const head = { ':status': 200, 'content-type': 'application/grpc' };
      if (failed) {
        stream.respond({ ...head, ...outcome }, { endStream: true });
        return;
      }
      stream.respond(head, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(outcome));
      stream.end(Buffer.concat(parts));
    });
  });
  return server;
}

async function traffic(calls: number): Promise<Proxied> {
  const proxied = await proxyOf(echoServer());
  const client = http2.connect('http://localhost', {
    createConnection: () => connect(proxied.path),
  });
  for (let call = 0; call < calls; call++) {
    const stream = client.request({
      ':method': 'POST',
      ':path': PATHS[call % PATHS.length],
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(call % 5 === 4 ? { 'x-fail': '1' } : {}),
    });
    stream.end(grpcMessage(Buffer.alloc(call % 4 === 0 ? LARGE : call, call)));
    stream.resume();
    await once(stream, 'close');
  }
  client.close();
  await once(client, 'close');
  proxied.close();
  return proxied;
}

describe('gRPC of another implementation of HTTP/2', () => {
  it('is decoded from the start, and from anywhere else', async () => {
    const calls = 30;
    const { connections } = await traffic(calls);
    const writes = connections[0] ?? [];
    const whole = decode(chunksOf(writes), shop);
    expect(lostBytes(whole)).toBe(0);
    expect(whole.calls.map(({ method, status, missing }) => [method, status, missing])).toEqual(
      Array.from({ length: calls }, (_, call) => [PATHS[call % 3], call % 5 === 4 ? 7 : 0, 0]),
    );
    expect(
      whole.messages.filter(({ type }) => type === 'request').map(({ bytes }) => bytes?.length),
    ).toEqual(Array.from({ length: calls }, (_, call) => (call % 4 === 0 ? LARGE : call)));

    const truth = new Map(whole.calls.map(({ stream, method }) => [stream, method]));
    for (let from = 1; from < writes.length; from += 3) {
      const late = decode(chunksOf(writes, { from, fromStart: false }), shop);
      for (const { stream, method, pathSource } of late.calls) {
        if (pathSource === 'wire') expect(method).toBe(truth.get(stream));
      }
      // It never puts paths into its table: each call that begins later is named by the wire.
      const unnamed = late.calls.filter(({ pathSource }) => pathSource !== 'wire');
      expect(unnamed.length).toBeLessThanOrEqual(1);
    }
  });
});
