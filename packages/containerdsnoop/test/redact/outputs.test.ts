import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Csv, JsonLines, Table } from '@imagesnoop/output';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callFields } from '../../src/columns.js';
import type { Chunk } from '../../src/decode/chunk.js';
import { Files } from '../../src/files.js';
import { Pipeline } from '../../src/pipeline.js';
import type { CallRow } from '../../src/rows.js';
import * as http2 from '../../src/sinks/http2-writer.js';
import { closed, data, opened } from '../sinks/chunks.js';
import { config, encoded, leaksIn, pull, schema, secret } from './planted.js';

const folder = mkdtempSync(join(tmpdir(), 'planted-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A connection whose sides are written to in turn. */
class Traffic {
  readonly chunks: Chunk[] = [];
  readonly #conn: string;
  readonly #offsets = { toClient: 0, toServer: 0 };
  #ns: number;

  constructor(conn: string) {
    this.#conn = conn;
    this.#ns = Number(conn) * 1e9;
    this.chunks.push(opened(this.#ns, { conn }));
  }

  send(toServer: boolean, ...parts: (string | Uint8Array)[]): this {
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    const key = toServer ? 'toServer' : 'toClient';
    const offset = this.#offsets[key];
    this.#offsets[key] += bytes.length;
    this.chunks.push(data(this.#later(), bytes, { conn: this.#conn, toServer, offset }));
    return this;
  }

  #later(): number {
    this.#ns += 1e6;
    return this.#ns;
  }

  end(): Chunk[] {
    return [...this.chunks, closed(this.#later(), { conn: this.#conn })];
  }
}

function messageOf(stream: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([...http2.message(stream, bytes, bytes.length)].map((each) => each.bytes));
}

function grpc(conn: string, fromStart: boolean): Chunk[] {
  const traffic = new Traffic(conn);
  if (fromStart) traffic.send(true, http2.PREFACE, http2.settings());
  const call = (
    stream: number,
    path: string,
    request: Buffer,
    response: Buffer,
    status: string,
  ) => {
    const fields: [string, string][] = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'localhost'],
      ['content-type', 'application/grpc'],
      ['authorization', `Bearer ${secret()}`],
      ['x-session-token', secret()],
      ['trace-bin', Buffer.from(secret()).toString('base64')],
      ['containerd-namespace', 'k8s.io'],
    ];
    traffic.send(true, http2.headers(stream, fields, false), messageOf(stream, request));
    traffic.send(true, http2.endOfStream(stream));
    const head: [string, string][] = [
      [':status', '200'],
      ['content-type', 'application/grpc'],
      ['set-cookie', secret()],
    ];
    const tail: [string, string][] = [
      ['grpc-status', status],
      ['grpc-message', `pull from https%3A%2F%2Fjoe%3A${secret()}%40host/v2?token=${secret()}`],
    ];
    traffic.send(false, http2.headers(stream, head, false), messageOf(stream, response));
    traffic.send(false, http2.headers(stream, tail, true));
  };
  const container = () => encoded('RuntimeService', 'CreateContainer', config(1));
  const base = '/runtime.v1.';
  call(1, `${base}RuntimeService/CreateContainer`, container(), container(), '0');
  call(
    3,
    `${base}ImageService/PullImage`,
    encoded('ImageService', 'PullImage', pull()),
    Buffer.alloc(0),
    '2',
  );
  const exec = encoded('RuntimeService', 'ExecSync', { cmd: ['x', '--password', secret()] });
  const out = encoded('RuntimeService', 'ExecSync', { stdout: Buffer.from(secret()) }, true);
  call(5, `${base}RuntimeService/ExecSync`, exec, out, '0');
  // Of a service that no schema has.
  call(7, '/unknown.v1.Unknown/Do', container(), container(), '0');
  return traffic.end();
}

function http(conn: string): Chunk[] {
  const body = JSON.stringify({ username: 'joe', password: secret(), serveraddress: 'host' });
  const create = JSON.stringify({ Env: [`A=${secret()}`], Cmd: ['x', '--token', secret()] });
  const length = (text: string) => `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  const auth = `authorization: Basic ${secret()}\r\nx-registry-auth: ${secret()}\r\n`;
  const json = 'content-type: application/json\r\n';
  const failure = JSON.stringify({ message: `Get "https://joe:${secret()}@host/v2/": denied` });
  return new Traffic(conn)
    .send(true, `POST /v1.41/auth HTTP/1.1\r\nhost: docker\r\n${auth}${json}${length(body)}`)
    .send(false, `HTTP/1.1 500 Oops\r\n${json}${length(failure)}`)
    .send(
      true,
      `POST /v1.41/containers/create?name=web HTTP/1.1\r\nhost: d\r\n${json}${length(create)}`,
    )
    .send(false, `HTTP/1.1 200 OK\r\n${json}${length(create)}`)
    .send(
      true,
      `POST /build?buildargs=%7B%22A%22%3A%22${secret()}%22%7D HTTP/1.1\r\nhost: d\r\n`,
      length(secret()),
    )
    .send(false, `HTTP/1.1 200 OK\r\n${json}transfer-encoding: chunked\r\n\r\n`)
    .send(false, chunked(`{"stream":"run PASSWORD=${secret()}"}\r\n`))
    .send(false, '0\r\n\r\n')
    .send(true, 'POST /v1.41/exec/1/start HTTP/1.1\r\nhost: d\r\nupgrade: tcp\r\n', length('{}'))
    .send(false, 'HTTP/1.1 101 UPGRADED\r\nconnection: upgrade\r\nupgrade: tcp\r\n\r\n')
    .send(false, Buffer.from([1, 0, 0, 0, 0, 0, 0, 20]), secret().padEnd(20))
    .send(true, `echo ${secret()}\n`)
    .end();
}

function chunked(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

interface Output {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Everything that containerdsnoop writes, of all that passes. */
async function outputs(redact: boolean): Promise<Output[]> {
  const path = (name: string) => join(folder, `${redact}-${name}`);
  const results: Output[] = [];
  const kinds = { rec: 'record', pcapng: 'pcap' } as const;
  for (const diagram of ['md', 'svg']) {
    const files = await Files.open({
      ...Object.fromEntries(Object.entries(kinds).map(([end, key]) => [key, path(`x.${end}`)])),
      sequence: path(`x.${diagram}`),
    });
    const pipeline = new Pipeline({
      schema,
      types: ['request', 'response', 'call'],
      redact,
      sinks: files.sinks,
    });
    await files.begin({ schema, redact }, pipeline.contents);
    const chunks = [...grpc('1', true), ...grpc('2', false), ...http('3')];
    const rows = [...pipeline.rows(chunks), ...pipeline.end()];
    files.close();
    results.push(...printed(pipeline, rows));
    for (const end of [...Object.keys(kinds), diagram]) {
      results.push({ name: end, bytes: readFileSync(path(`x.${end}`)) });
    }
  }
  return results;
}

function printed(pipeline: Pipeline, rows: readonly CallRow[]): Output[] {
  const nobody = () => ({ container: null, k8s: null });
  return [true, false].flatMap((completeContent) => {
    const fields = callFields(pipeline.contents, nobody, { completeContent });
    const all = fields.map(({ name }) => name);
    const forms = {
      json: new JsonLines(fields),
      csv: new Csv(fields),
      table: new Table(fields, { width: 4000, height: 50 } as never),
    };
    expect(all).toContain('message');
    return Object.entries(forms).map(([name, form]) => {
      form.start();
      for (const row of rows) form.row(row);
      return { name, bytes: Buffer.from(form.out.view()) };
    });
  });
}

let hidden: Output[] = [];
let shown: Output[] = [];
beforeAll(async () => {
  hidden = await outputs(true);
  shown = await outputs(false);
});

test.each(['json', 'csv', 'table', 'rec', 'pcapng', 'md', 'svg'])('%s', (name) => {
  const of = (all: Output[]) => all.filter((output) => output.name === name);
  expect(of(hidden).length).toBeGreaterThan(0);
  for (const { bytes } of of(hidden)) {
    expect(bytes.length).toBeGreaterThan(500);
    expect(leaksIn(bytes)).toEqual([]);
  }
  // The secrets are there to be found: --show-secrets shows them.
  expect(of(shown).some(({ bytes }) => leaksIn(bytes).length > 0)).toBe(true);
});

test('what is no secret is there', () => {
  const json = hidden.find(({ name }) => name === 'json')?.bytes.toString() as string;
  for (const part of ['/runtime.v1.ImageService/PullImage', 'docker.io/library/web:1', 'k8s.io']) {
    expect(json).toContain(part);
  }
  const lines = json.trim().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) JSON.parse(line);
});
