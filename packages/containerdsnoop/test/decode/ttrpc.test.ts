import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../src/decode/chunk.js';
import { decode } from './decoding.js';
import { message } from './shop.js';
import { chunksOf, type Write } from './wire.js';

const REQUEST = 1;
const RESPONSE = 2;
const DATA = 3;
const REMOTE_CLOSED = 1;
const REMOTE_OPEN = 2;
const NO_DATA = 4;

function frame(stream: number, type: number, flags: number, body: Buffer): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt32BE(body.length, 0);
  header.writeUInt32BE(stream, 4);
  header[8] = type;
  header[9] = flags;
  return Buffer.concat([header, body]);
}

const request = (method: string, payload: Buffer) =>
  message(
    [1, 'containerd.task.v2.Task'],
    [2, method],
    [3, payload],
    [4, 2_000_000_000],
    [5, message([1, 'containerd-namespace-ttrpc'], [2, 'moby'])],
  );

const toServer = (bytes: Buffer): Write => ({ toServer: true, bytes });
const toClient = (bytes: Buffer): Write => ({ toServer: false, bytes });
const STATE = '/containerd.task.v2.Task/State';

const calls: Write[] = [
  toServer(frame(1, REQUEST, 0, request('State', Buffer.from('one')))),
  toClient(frame(1, RESPONSE, 0, message([2, 'running']))),
  toServer(frame(3, REQUEST, 0, request('Wait', Buffer.alloc(0)))),
  toServer(frame(5, REQUEST, 0, request('Kill', Buffer.from('nine')))),
  toClient(frame(5, RESPONSE, 0, message([1, message([1, 5], [2, 'not found'])]))),
  toClient(frame(3, RESPONSE, 0, Buffer.alloc(0))),
];

describe('ttrpc', () => {
  it('is paired by stream, with metadata and status', () => {
    const decoded = decode(chunksOf(calls));
    expect(
      decoded.messages.map(({ type, method, bytes }) => [type, method, String(bytes)]),
    ).toEqual([
      ['request', STATE, 'one'],
      ['response', STATE, 'running'],
      ['request', '/containerd.task.v2.Task/Wait', ''],
      ['request', '/containerd.task.v2.Task/Kill', 'nine'],
      ['response', '/containerd.task.v2.Task/Kill', 'null'],
      ['response', '/containerd.task.v2.Task/Wait', ''],
    ]);
    expect(decoded.calls).toMatchObject([
      { stream: 1, protocol: 'ttrpc', status: 0, requestBytes: 3, responseBytes: 7 },
      { stream: 5, status: 5, statusMessage: 'not found', responses: 0 },
      { stream: 3, status: 0, responses: 1 },
    ]);
    expect(decoded.calls[0]?.headers).toEqual([
      ['timeout', '2000000000n'],
      ['containerd-namespace-ttrpc', 'moby'],
    ]);
  });

  it('is the same byte by byte, once it is clear what it is', () => {
    const [first, ...rest] = calls as [Write, ...Write[]];
    const bytewise = rest.flatMap(({ toServer, bytes }) =>
      [...bytes].map((byte) => ({ toServer, bytes: Buffer.from([byte]) })),
    );
    const whole = decode(chunksOf(calls)).messages;
    const split = decode(chunksOf([first, ...bytewise])).messages;
    expect(split.map(({ method, bytes }) => [method, bytes])).toEqual(
      whole.map(({ method, bytes }) => [method, bytes]),
    );
  });

  it('is decoded from any message on', () => {
    const { messages, calls: ended } = decode(chunksOf(calls, { from: 1, fromStart: false }));
    expect(messages[0]).toMatchObject({ method: null, pathSource: 'ambiguous', length: 7 });
    expect(messages).toHaveLength(5);
    expect(ended).toHaveLength(3);
  });

  it('may stream', () => {
    const { calls: ended, messages } = decode(
      chunksOf([
        toServer(frame(1, REQUEST, REMOTE_OPEN, request('Copy', Buffer.alloc(0)))),
        toServer(frame(1, DATA, 0, Buffer.from('a'))),
        toClient(frame(1, DATA, 0, Buffer.from('bc'))),
        toServer(frame(1, DATA, REMOTE_CLOSED | NO_DATA, Buffer.alloc(0))),
        toClient(frame(1, RESPONSE, 0, Buffer.alloc(0))),
      ]),
    );
    expect(messages.map(({ type, bytes }) => [type, String(bytes)])).toEqual([
      ['request', 'a'],
      ['response', 'bc'],
    ]);
    expect(ended).toMatchObject([{ requests: 1, responses: 1, status: 0 }]);
  });

  it('tells nothing wrong of messages that are cut anywhere', () => {
    const [asked, answered, failed] = [calls[0], calls[1], calls[4]] as [Write, Write, Write];
    const whole = (write: Write) => [...chunksOf([asked, write])];
    for (let length = 10; length < asked.bytes.length; length++) {
      const [request, ...rest] = whole(answered).filter(({ kind }) => kind === 'data');
      const cut = { ...request, bytes: request?.bytes.subarray(0, length) } as Chunk;
      for (const { type, method, bytes, missing } of decode([cut, ...rest]).messages) {
        expect([STATE, null]).toContain(method);
        if (type === 'request' && missing === 0) expect(String(bytes)).toBe('one');
      }
    }
    for (const [write, right] of [
      [answered, 0],
      [failed, 5],
    ] as const) {
      for (let length = 10; length < write.bytes.length; length++) {
        const chunks = whole({ ...write, bytes: Buffer.from(write.bytes) }).map((chunk) =>
          chunk.toServer ? chunk : { ...chunk, bytes: chunk.bytes.subarray(0, length) },
        );
        for (const { status } of decode(chunks).calls) expect([right, null]).toContain(status);
      }
    }
  });

  it('goes on after holes, in messages and over them', () => {
    const chunks = [...chunksOf(calls)].map((chunk, index) =>
      index === 1 ? { ...chunk, bytes: chunk.bytes.subarray(0, 50) } : chunk,
    );
    const inside = decode(chunks);
    expect(inside.calls).toHaveLength(3);
    const over = decode(chunks.filter((_, index) => index !== 3));
    expect(over.messages.some(({ method }) => method?.endsWith('/Wait'))).toBe(false);
    expect(over.messages.some(({ method }) => method?.endsWith('/Kill'))).toBe(true);
  });
});
