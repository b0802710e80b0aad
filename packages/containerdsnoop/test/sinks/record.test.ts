import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import type { Chunk } from '../../src/decode/chunk.js';
import { OutputFile } from '../../src/sinks/output-file.js';
import { MAGIC } from '../../src/sinks/record-format.js';
import { RecordReader } from '../../src/sinks/record-reader.js';
import { RecordWriter } from '../../src/sinks/record-writer.js';
import { Recording } from '../../src/sinks/replay.js';
import { client, closed, data, opened } from './chunks.js';

const folder = mkdtempSync(join(tmpdir(), 'record-'));
afterAll(() => rmSync(folder, { recursive: true }));

const about = { tool: 't', version: '1', wall_offset_ns: '-5', redacted: false };
const schema = Buffer.from([1, 2, 3]);
const CHUNKS: readonly Chunk[] = [
  opened(10, { conn: '18446744073709551615' }),
  data(20, Buffer.from('hello'), { conn: '18446744073709551615' }),
  opened(30, { conn: 'b', fromStart: false, client: null }),
  data(40, Buffer.from('answer'), {
    conn: 'b',
    toServer: false,
    offset: 2 ** 40,
    length: 1000,
    client: { ...client, tid: 9 },
  }),
  data(50, Buffer.alloc(0), { conn: 'b', length: 77 }),
  closed(60, { conn: 'b' }),
  data(2 ** 52, Buffer.alloc(20_000, 7), { conn: '18446744073709551615', offset: 5 }),
];

function record(path: string, chunks: readonly Chunk[] = CHUNKS): Buffer {
  const writer = new RecordWriter(new OutputFile(path), about, schema);
  for (const chunk of chunks) writer.chunk(chunk);
  writer.close();
  return readFileSync(path);
}

const whole = record(join(folder, 'whole.rec'));

/** Reads in pieces of a size. */
function read(bytes: Buffer, size = bytes.length): { chunks: Chunk[]; reader: RecordReader } {
  const reader = new RecordReader();
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const chunk of reader.push(bytes.subarray(at, at + size))) {
      chunks.push({ ...chunk, bytes: Buffer.from(chunk.bytes) });
    }
  }
  return { chunks, reader };
}

const plain = (chunks: readonly Chunk[]) =>
  chunks.map((chunk) => ({ ...chunk, bytes: Buffer.from(chunk.bytes) }));

test('what was written is read again, in pieces of any size', () => {
  for (const size of [whole.length, 65_536, 1000, 7]) {
    const { chunks, reader } = read(whole, size);
    expect(chunks).toEqual(plain(CHUNKS));
    expect(reader.about).toEqual(about);
    expect(reader.schema).toEqual(schema);
    expect(reader.end()).toBe('whole');
  }
});

test('a recording that is cut anywhere replays up to there', () => {
  const short = record(join(folder, 'short.rec'), CHUNKS.slice(0, 6));
  for (let length = 0; length < short.length; length++) {
    const { chunks, reader } = read(short.subarray(0, length));
    expect(chunks).toEqual(plain(CHUNKS).slice(0, chunks.length));
    expect(reader.end()).toBe('cut');
  }
  expect(read(short.subarray(0, short.length - 1)).chunks).toHaveLength(6);
});

test('damage is noticed, and what is before it is read', () => {
  for (let at = 20; at < 700; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    const { chunks, reader } = read(damaged);
    expect(chunks.length).toBeLessThan(CHUNKS.length);
    expect(plain(CHUNKS).slice(0, chunks.length)).toEqual(chunks);
    expect(reader.end()).not.toBe('whole');
  }
});

test('frames of a kind that is not known are passed over', () => {
  const kindAndBody = Buffer.from([200, 1, 2, 3]);
  const unknown = Buffer.concat([Buffer.alloc(8), kindAndBody]);
  unknown.writeUInt32LE(kindAndBody.length, 0);
  unknown.writeUInt32LE(crc32(kindAndBody), 4);
  const file = Buffer.concat([
    whole.subarray(0, MAGIC.length),
    unknown,
    whole.subarray(MAGIC.length),
  ]);
  const { chunks, reader } = read(file);
  expect(chunks).toEqual(plain(CHUNKS));
  expect(reader.end()).toBe('whole');
});

test('other files are refused', async () => {
  expect(() => read(Buffer.from('#!/bin/sh\n'))).toThrow(
    expect.objectContaining({ code: 'RECORD_UNKNOWN' }),
  );
  const path = join(folder, 'text');
  writeFileSync(path, 'imagesnoop record 2\n');
  await expect(Recording.open(path)).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' });
  await expect(Recording.open(join(folder, 'none'))).rejects.toMatchObject({
    code: 'CAPTURE_FILE_OPEN_FAILED',
  });
});

test('a recording is read from its file, with what it says about itself first', async () => {
  const recording = await Recording.open(join(folder, 'whole.rec'));
  expect(recording.about).toEqual(about);
  expect(recording.schema).toEqual(schema);
  const chunks: Chunk[] = [];
  const source = recording.blocks();
  let next = await source.next();
  for (; !next.done; next = await source.next()) {
    for (const chunk of next.value) chunks.push({ ...chunk, bytes: Buffer.from(chunk.bytes) });
  }
  expect(next.value).toBe('whole');
  expect(chunks).toEqual(plain(CHUNKS));
  await recording.close();
});

test('a large chunk becomes several frames, and adds up', () => {
  const bytes = Buffer.alloc(40 << 20, 1);
  const file = record(join(folder, 'large.rec'), [opened(1), data(2, bytes, { length: 50 << 20 })]);
  const { chunks } = read(file, 1 << 20);
  const pieces = chunks.filter(({ kind }) => kind === 'data');
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.reduce((sum, { bytes: each }) => sum + each.length, 0)).toBe(40 << 20);
  expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(50 << 20);
  expect(pieces[1]?.offset).toBe(pieces[0]?.length);
});

test('files are for their owner alone, and links are not followed', () => {
  const path = join(folder, 'mine.rec');
  writeFileSync(path, 'x'.repeat(1e6), { mode: 0o644 });
  record(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path)).toEqual(whole);
  symlinkSync(path, join(folder, 'link'));
  expect(() => new OutputFile(join(folder, 'link'))).toThrow(
    expect.objectContaining({ code: 'CAPTURE_FILE_OPEN_FAILED' }),
  );
  expect(() => new OutputFile('/dev/null')).toThrow(
    expect.objectContaining({ code: 'CAPTURE_FILE_OPEN_FAILED' }),
  );
});

test.runIf(process.geteuid?.() === 0)('what sudo makes is whose who called it', () => {
  process.env.SUDO_UID = '1234';
  process.env.SUDO_GID = '1235';
  try {
    const made = join(folder, 'sudo.rec');
    new OutputFile(made).close();
    expect(statSync(made)).toMatchObject({ uid: 1234, gid: 1235 });
    const there = join(folder, 'there.rec');
    writeFileSync(there, '');
    new OutputFile(there).close();
    expect(statSync(there).uid).toBe(0);
  } finally {
    delete process.env.SUDO_UID;
    delete process.env.SUDO_GID;
  }
});

test('a full disk is an error with its name', () => {
  const file = new OutputFile(join(folder, 'full'));
  const writes = { write: (bytes: Uint8Array) => file.write(bytes) };
  file.close();
  writes.write(Buffer.from('x'));
  expect(() => file.flush()).toThrow(
    expect.objectContaining({ code: 'CAPTURE_FILE_WRITE_FAILED' }),
  );
});
