import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Chunk } from '../../src/decode/chunk.js';
import { Decoder } from '../../src/decode/decoder.js';
import type { Call, Message } from '../../src/decode/message.js';
import { emitProtos } from '../../src/decode/schema/emit-protos.js';
import { CleanStreams } from '../../src/sinks/clean-streams.js';
import { OutputFile } from '../../src/sinks/output-file.js';
import { PcapngWriter } from '../../src/sinks/pcapng.js';
import { relabel } from '../../src/sinks/replay.js';
import { animal, zoo } from '../protobuf/zoo.js';
import { has } from '../testing.js';
import { call, closed, message } from './chunks.js';

const folder = mkdtempSync(join(tmpdir(), 'clean-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What clean connections consist of. */
function cleaned(write: (to: CleanStreams) => void): Chunk[] {
  const chunks: Chunk[] = [];
  const to = new CleanStreams(zoo, (chunk) =>
    chunks.push({ ...chunk, bytes: Buffer.from(chunk.bytes) }),
  );
  write(to);
  to.end();
  return chunks;
}

function decoded(chunks: readonly Chunk[]): { messages: Message[]; calls: Call[] } {
  const messages: Message[] = [];
  const calls: Call[] = [];
  const decoder = new Decoder({
    schema: zoo,
    onMessage(each) {
      relabel(each);
      messages.push({ ...each, bytes: each.bytes && Buffer.from(each.bytes) });
    },
    onCall(each) {
      relabel(each);
      calls.push(each);
    },
    onUndecoded: ({ cause }) => expect(cause).toBe('hole'),
  });
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return { messages, calls };
}

const lion = animal({ name: 'lion', i32: 5 });
const stranger = animal({ name: 'stranger' });

test('a call is written as HTTP/2, whatever is known of it', () => {
  const chunks = cleaned((to) => {
    to.message(message({ bytes: lion, headers: [['containerd-namespace', 'k8s.io']] }));
    to.message(message({ type: 'response', bytes: stranger }));
    to.call(call({ statusMessage: 'fine, 100 % é' }));
    to.chunk(closed(5000));
  });
  expect(chunks[0]).toMatchObject({ kind: 'open', fromStart: true });
  expect(chunks.at(-1)).toMatchObject({ kind: 'close' });
  const { messages, calls } = decoded(chunks);
  expect(
    messages.map(({ type, method, bytes, pathSource }) => [type, method, bytes, pathSource]),
  ).toEqual([
    ['request', '/zoo.v1.Zoo/Feed', lion, 'wire'],
    ['response', '/zoo.v1.Zoo/Feed', stranger, 'wire'],
  ]);
  expect(messages[0]?.headers).toContainEqual(['containerd-namespace', 'k8s.io']);
  expect(calls).toMatchObject([{ end: 'status', status: 0, statusMessage: 'fine, 100 % é' }]);
});

test('labels, protocols and ends come back as they were', () => {
  const { messages, calls } = decoded(
    cleaned((to) => {
      const inferred = { method: '/zoo.v1.Zoo/Feed', pathSource: 'inferred' } as const;
      const candidates = ['/zoo.v1.Zoo/Feed', '/zoo.v1.Zoo/Watch'];
      const ambiguous = { method: null, pathSource: 'ambiguous', candidates } as const;
      to.message(message({ stream: 1, bytes: lion, ...ambiguous }));
      to.message(message({ stream: 1, type: 'response', bytes: stranger, ...inferred }));
      to.call(call({ stream: 1, ...inferred }));
      to.message(message({ stream: 3, bytes: lion, protocol: 'ttrpc' }));
      to.call(call({ stream: 3, protocol: 'ttrpc', end: 'cancelled', status: null }));
      to.call(call({ stream: 5, end: 'reset', status: null, errorCode: 11, requests: 0 }));
    }),
  );
  expect(messages.slice(0, 2)).toMatchObject([
    {
      method: null,
      pathSource: 'ambiguous',
      candidates: ['/zoo.v1.Zoo/Feed', '/zoo.v1.Zoo/Watch'],
    },
    { method: '/zoo.v1.Zoo/Feed', pathSource: 'inferred' },
  ]);
  expect(messages.find(({ stream }) => stream === 3)?.protocol).toBe('ttrpc');
  expect(calls.map(({ stream, end }) => [stream, end])).toEqual([
    [1, 'status'],
    [3, 'cancelled'],
    [5, 'reset'],
  ]);
  expect(calls[2]?.errorCode).toBe(11);
});

test('what was not captured of a message is missing from the clean one, too', () => {
  const large = animal({ name: 'x'.repeat(100_000), i32: 5 });
  const { messages } = decoded(
    cleaned((to) => {
      const seen = large.subarray(0, 40_000);
      to.message(message({ bytes: seen, length: large.length, missing: large.length - 40_000 }));
      to.call(call({ end: 'unfinished' }));
      to.message(message({ stream: 3, bytes: lion }));
      to.call(call({ stream: 3 }));
    }),
  );
  const [cut, next] = messages;
  expect(cut).toMatchObject({ length: large.length, missing: expect.any(Number) });
  expect(cut?.missing).toBeGreaterThanOrEqual(large.length - 40_000);
  expect(next).toMatchObject({ stream: 3, method: '/zoo.v1.Zoo/Feed', missing: 0 });
});

test('HTTP/1.1 is written as such, bodies that come in pieces in pieces', () => {
  const info = { verb: 'GET', target: '/events', status: null, contentType: null, channel: null };
  const request = { ...info, part: 'whole' } as const;
  const json = (text: string, more: Partial<Message> = {}) =>
    message({ protocol: 'http', method: 'GET /events', bytes: Buffer.from(text), ...more });
  const { messages } = decoded(
    cleaned((to) => {
      to.message(json('', { http: request }));
      const piece = {
        ...info,
        status: 200,
        part: 'piece',
        contentType: 'application/json',
      } as const;
      const headers = [['content-type', 'application/json']] as const;
      for (const text of ['{"a":1}', '{"b":2}'])
        to.message(json(text, { type: 'response', http: piece, headers }));
      to.call(call({ protocol: 'http', status: 200 }));
      to.message(json('', { stream: 2, http: { ...request, target: '/_ping' } }));
    }),
  );
  expect(
    messages.map(({ type, bytes, http }) => [type, http?.target, `${bytes ?? ''}`.trim()]),
  ).toEqual([
    ['request', '/events', ''],
    ['response', '/events', '{"a":1}'],
    ['response', '/events', '{"b":2}'],
    ['request', '/_ping', ''],
  ]);
});

test.runIf(has('tshark'))('tshark dissects what is written as gRPC, with messages by name', () => {
  const path = join(folder, 'x.pcapng');
  const writer = new PcapngWriter(new OutputFile(path), 1_700_000_000_000_000_000n);
  const bytes = animal({ name: 'x'.repeat(200_000), nicknames: ['big'] });
  for (const chunk of cleaned((to) => {
    to.message(message({ bytes: lion }));
    to.message(message({ type: 'response', bytes: stranger }));
    to.call(call());
    to.message(message({ conn: '18', stream: 1, bytes, client: null }));
    to.call(call({ conn: '18', stream: 1, status: 5, statusMessage: 'not here' }));
    to.chunk(closed(9000));
    to.chunk(closed(9000, { conn: '18' }));
  })) {
    writer.chunk(chunk);
  }
  writer.close();
  const config = join(folder, 'config');
  const protos = join(folder, 'protos');
  for (const [name, text] of emitProtos(zoo)) {
    mkdirSync(dirname(join(protos, name)), { recursive: true });
    writeFileSync(join(protos, name), text);
  }
  mkdirSync(config);
  writeFileSync(join(config, 'protobuf_search_paths'), `"${protos}","TRUE"\n`);
  const tshark = (...args: string[]) =>
    execFileSync('tshark', ['-r', path, '-o', 'protobuf.preload_protos:TRUE', ...args], {
      encoding: 'utf8',
      env: { ...process.env, WIRESHARK_CONFIG_DIR: config },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const rows = (filter: string, ...names: string[]) =>
    tshark('-N', 'n', '-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name]))
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
  const shown = ['ip.src_host', 'protobuf.message.name', 'grpc.message_length', 'frame.time_epoch'];
  expect(rows('grpc', ...shown)).toEqual([
    ['kubelet-731', 'zoo.v1.Animal', `${lion.length}`, '1700000000.000001000'],
    ['containerd-412', 'zoo.v1.Stranger', `${stranger.length}`, '1700000000.000001000'],
    ['unknown-client', 'zoo.v1.Animal', `${bytes.length}`, '1700000000.000001000'],
  ]);
  const headers = rows('http2.header', 'http2.header.value').flat();
  expect(headers.filter((values) => values.includes('/zoo.v1.Zoo/Feed'))).toHaveLength(2);
  expect(headers).toEqual(expect.arrayContaining(['0', '5,not here']));
  expect(tshark('-Y', '_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0')).toBe('');
});
