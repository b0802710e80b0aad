import hpack from 'hpack.js';
import type { Chunk } from '../../src/decode/chunk.js';

/** A write on a connection, in order. */
export interface Write {
  toServer: boolean;
  bytes: Buffer;
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

export function grpcMessage(bytes: Buffer, compressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** DATA frames no longer than HTTP/2's default. */
export function dataFrames(stream: number, bytes: Buffer, end: boolean): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 16_384) {
    const part = bytes.subarray(at, at + 16_384);
    const isLast = at + 16_384 >= bytes.length;
    frames.push(frame(0, end && isLast ? 1 : 0, stream, part));
  }
  return Buffer.concat(frames);
}

/** Writes header blocks as Go's clients and servers do: everything goes into the table. */
export class HeaderWriter {
  #compressor = hpack.compressor.create({ table: { maxSize: 4096 } });

  block(headers: readonly (readonly [string, string])[]): Buffer {
    this.#compressor.write(
      headers.map(([name, value]) => ({ name, value, incremental: true, huffman: true })),
    );
    return this.#compressor.read() ?? Buffer.alloc(0);
  }
}

/** Both sides of an HTTP/2 connection, writing what gRPC in Go would. */
export class GoConnection {
  readonly writes: Write[] = [];
  #client = new HeaderWriter();
  #server = new HeaderWriter();
  #stream = -1;

  constructor() {
    this.write(true, Buffer.concat([PREFACE, frame(4, 0, 0, Buffer.alloc(0))]));
    this.write(false, frame(4, 0, 0, Buffer.from([0, 5, 0, 0, 64, 0])));
    this.write(false, frame(4, 1, 0, Buffer.alloc(0)));
    this.write(true, frame(4, 1, 0, Buffer.alloc(0)));
  }

  write(toServer: boolean, bytes: Buffer): void {
    this.writes.push({ toServer, bytes });
  }

  /** Begins a call, and gives back its stream. */
  request(path: string, metadata: readonly (readonly [string, string])[] = []): number {
    this.#stream += 2;
    const block = this.#client.block([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'localhost'],
      ['content-type', 'application/grpc'],
      ['user-agent', 'grpc-go/1.64.0'],
      ['te', 'trailers'],
      ...metadata,
    ]);
    this.write(true, frame(1, 4, this.#stream, block));
    return this.#stream;
  }

  responseHeaders(stream: number): Buffer {
    const block = this.#server.block([
      [':status', '200'],
      ['content-type', 'application/grpc'],
    ]);
    return frame(1, 4, stream, block);
  }

  trailers(stream: number, status: number, text = ''): Buffer {
    const block = this.#server.block([
      ['grpc-status', String(status)],
      ['grpc-message', text],
    ]);
    return frame(1, 5, stream, block);
  }

  /** A whole unary call; the response in one write, as grpc-go does. */
  unary(path: string, request: Buffer, response: Buffer, timeout: string, trace?: string): number {
    const traced = trace === undefined ? [] : [['traceparent', trace] as const];
    const stream = this.request(path, [['grpc-timeout', timeout], ...traced]);
    this.write(true, dataFrames(stream, grpcMessage(request), true));
    this.write(
      false,
      Buffer.concat([
        this.responseHeaders(stream),
        dataFrames(stream, grpcMessage(response), false),
        this.trailers(stream, 0),
      ]),
    );
    return stream;
  }
}

interface ChunkOptions {
  /** First write that is seen. */
  from?: number;
  conn?: string;
  fromStart?: boolean;
}

/** The writes of a connection as chunks, from a write on; the connection is open before. */
export function* chunksOf(
  writes: readonly Write[],
  { from = 0, conn = '1', fromStart = from === 0 }: ChunkOptions = {},
): Generator<Chunk> {
  const offsets = [0, 0];
  const base = { conn, client: null, server: null, fromStart: false };
  if (fromStart) {
    yield { ...base, kind: 'open', fromStart, ...at(0), bytes: Buffer.alloc(0), toServer: true };
  }
  for (const [index, { toServer, bytes }] of writes.slice(from).entries()) {
    const offset = offsets[toServer ? 1 : 0] as number;
    const length = bytes.length;
    // Named one by one: spreading costs more than decoding, and fuzzing makes millions.
    yield {
      kind: 'data',
      conn,
      toServer,
      tsNs: at(index + 1).tsNs,
      offset,
      length,
      bytes,
      fromStart: false,
      client: null,
      server: null,
    };
    offsets[toServer ? 1 : 0] = offset + length;
  }
  yield {
    ...base,
    kind: 'close',
    ...at(writes.length + 1),
    bytes: Buffer.alloc(0),
    toServer: true,
  };
}

function at(index: number) {
  return { tsNs: 1e9 + index * 1e6, offset: 0, length: 0 };
}
