import type { Chunk } from '../../src/decode/chunk.js';
import type { Call, Message } from '../../src/decode/message.js';

export const client = { pid: 731, tid: 733, comm: 'kubelet' };
export const server = { pid: 412, tid: null, comm: 'containerd' };

const base = { conn: '17', toServer: true, offset: 0, length: 0, bytes: new Uint8Array() };
const ends = { client, server, fromStart: true };

export function opened(tsNs: number, more: Partial<Chunk> = {}): Chunk {
  return { kind: 'open', ...base, tsNs, ...ends, ...more };
}

export function data(tsNs: number, bytes: Uint8Array, more: Partial<Chunk> = {}): Chunk {
  return {
    kind: 'data',
    ...base,
    tsNs,
    bytes,
    length: bytes.length,
    ...ends,
    fromStart: false,
    ...more,
  };
}

export function closed(tsNs: number, more: Partial<Chunk> = {}): Chunk {
  return { kind: 'close', ...base, tsNs, ...ends, fromStart: false, ...more };
}

const label = { method: '/zoo.v1.Zoo/Feed', pathSource: 'wire', candidates: [] } as const;

export function message(more: Partial<Message> = {}): Message {
  const bytes = more.bytes ?? new Uint8Array();
  return {
    ...label,
    type: 'request',
    protocol: 'grpc',
    conn: '17',
    stream: 1,
    tsNs: 1000,
    client,
    server,
    bytes,
    length: bytes.length,
    missing: 0,
    headers: null,
    status: null,
    statusMessage: null,
    http: null,
    ...more,
  };
}

export function call(more: Partial<Call> = {}): Call {
  return {
    ...label,
    protocol: 'grpc',
    conn: '17',
    stream: 1,
    startNs: 1000,
    endNs: 3000,
    latencyNs: 2000,
    client,
    server,
    end: 'status',
    status: 0,
    statusMessage: null,
    errorCode: null,
    requests: 1,
    responses: 1,
    requestBytes: 10,
    responseBytes: 20,
    missing: 0,
    headers: null,
    trailers: null,
    ...more,
  };
}
