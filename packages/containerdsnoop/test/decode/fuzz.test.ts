import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../src/decode/chunk.js';
import { Decoder } from '../../src/decode/decoder.js';
import { Random } from './random.js';
import { message, plan, shop } from './shop.js';
import { chunksOf, GoConnection, type Write } from './wire.js';

/** Runs of each kind; the long run is `npm run fuzz`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
/** Connections are made less often than they are changed: making one takes longer than reading it. */
const RUNS_OF_ONE = 16;
const LIMITS = { messageBytes: 64 << 10, connectionBytes: 256 << 10, totalBytes: 512 << 10 };

function http2(random: Random): Write[] {
  const connection = new GoConnection();
  for (let calls = 0; calls < 6; calls++) {
    const { method, request, response } = plan(random);
    const short = request.subarray(0, 300);
    connection.unary(method, short, response.subarray(0, 300), `${random.below(1e6)}u`);
  }
  return connection.writes;
}

function ttrpc(random: Random): Write[] {
  const frame = (type: number, body: Buffer) =>
    Buffer.concat([Buffer.from([0, 0, 0, body.length, 0, 0, 0, 1, type, 0]), body]);
  const request = message([1, 'a.Task'], [2, 'State'], [3, random.bytes(40)], [4, 1e9]);
  return [
    { toServer: true, bytes: frame(1, request) },
    { toServer: false, bytes: frame(2, message([2, random.bytes(30)])) },
  ];
}

const text = (toServer: boolean, bytes: string): Write => ({ toServer, bytes: Buffer.from(bytes) });

function http1(random: Random): Write[] {
  const upgrade = random.pick(['tcp', 'h2c', 'nothing']);
  return [
    text(true, 'GET /events HTTP/1.1\r\nHost: docker\r\n\r\n'),
    text(false, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a":1}\n\r\n0\r\n\r\n'),
    text(true, `POST /exec HTTP/1.1\r\nContent-Length: 2\r\nUpgrade: ${upgrade}\r\n\r\n{}`),
    text(false, 'HTTP/1.1 101 UPGRADED\r\n\r\n\x01\0\0\0\0\0\0\x05hello'),
    ...(upgrade === 'h2c' ? http2(random) : [text(true, 'rest')]),
  ];
}

/** The same with bits flipped, parts left out, doubled, exchanged or replaced. */
function mutated(writes: readonly Write[], random: Random): Write[] {
  const result = writes.map(
    ({ toServer, bytes }): Write => ({ toServer, bytes: Buffer.from(bytes) }),
  );
  for (let count = 1 + random.below(6); count > 0; count--) {
    const index = random.below(result.length);
    const write = result[index] as Write;
    const at = random.below(write.bytes.length + 1);
    switch (random.below(6)) {
      case 0:
        if (at < write.bytes.length) write.bytes[at] = random.below(256);
        break;
      case 1:
        write.bytes = write.bytes.subarray(at);
        break;
      case 2:
        write.bytes = Buffer.concat([write.bytes, write.bytes.subarray(at)]);
        break;
      case 3:
        write.toServer = !write.toServer;
        break;
      case 4:
        write.bytes = Buffer.concat([write.bytes.subarray(0, at), random.bytes(random.below(60))]);
        break;
      default:
        result.push({ ...write });
    }
  }
  return result;
}

function* damaged(chunks: Iterable<Chunk>, random: Random): Generator<Chunk> {
  for (const chunk of chunks) {
    const kind = random.below(30);
    if (kind === 0) continue;
    if (kind === 1) yield { ...chunk, length: chunk.length + random.below(1e6) };
    else if (kind === 2) yield { ...chunk, offset: chunk.offset + random.below(1e6) };
    else if (kind === 3) yield { ...chunk, offset: Math.max(0, chunk.offset - random.below(100)) };
    else yield chunk;
  }
}

describe('fuzz', () => {
  it.each([
    ['HTTP/2', http2],
    ['ttrpc', ttrpc],
    ['HTTP/1.1', http1],
  ])('%s: nothing thrown, nothing kept, every message within its bounds', (_, make) => {
    const random = new Random(Number(process.env.FUZZ_SEED ?? 1));
    let whole: Write[] = [];
    for (let run = 0; run < RUNS; run++) {
      if (run % RUNS_OF_ONE === 0) whole = make(random);
      const decoder = new Decoder({
        schema: shop,
        limits: LIMITS,
        onMessage: ({ bytes, length, missing }) => {
          const kept = bytes?.length ?? 0;
          if (kept + missing !== length || missing < 0)
            throw new Error(`${kept} + ${missing} of ${length}`);
        },
        onCall: () => undefined,
        onUndecoded: () => undefined,
      });
      const writes = mutated(whole, random);
      const fromStart = random.next() < 0.7;
      for (const chunk of damaged(chunksOf(writes, { fromStart }), random)) {
        decoder.push(chunk);
        const { bufferedBytes } = decoder.stats();
        if (bufferedBytes > LIMITS.totalBytes) throw new Error(`${bufferedBytes} bytes kept`);
      }
      decoder.end();
      expect(decoder.stats()).toMatchObject({ connections: 0, bufferedBytes: 0 });
    }
  });

  it('any bytes: nothing thrown, nothing kept', () => {
    const random = new Random(Number(process.env.FUZZ_SEED ?? 9));
    for (let run = 0; run < RUNS; run++) {
      const writes = Array.from({ length: 1 + random.below(8) }, () => ({
        toServer: random.next() < 0.5,
        bytes: random.bytes(random.below(400)),
      }));
      const decoder = new Decoder({
        schema: shop,
        onMessage: () => undefined,
        onCall: () => undefined,
        onUndecoded: () => undefined,
      });
      for (const chunk of chunksOf(writes, { fromStart: random.next() < 0.5 })) decoder.push(chunk);
      decoder.end();
      expect(decoder.stats().bufferedBytes).toBe(0);
    }
  });
});
