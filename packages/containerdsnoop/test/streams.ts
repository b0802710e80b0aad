// The workload of the capture's tests, and the truth about its streams.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ContainerDirectory } from '@imagesnoop/loader';
import { compiled } from '../../../tools/testing/compiled.mjs';
import { type Capture, type CaptureOptions, openCapture } from '../src/capture/capture.js';
import type { Chunk } from '../src/decode/chunk.js';
import { plan } from '../src/index.js';

/** As the workload computes it. */
export function content(stream: number, at: number): number {
  let x = (Math.imul(stream + 1, 0x9e3779b1) + Math.imul(at, 0x85ebca6b)) >>> 0;
  x ^= x >>> 15;
  return Math.imul(x, 0x2c1b3c6d) >>> 24;
}

export interface StreamOptions {
  readonly connections: number;
  readonly bytes: number;
  readonly writer?: string;
  readonly reader?: string;
  readonly late?: boolean;
  /** Where it listens, instead of at `path`; a relative path is taken in `folder`. */
  readonly address?: string;
  /** Command that runs the workload, such as `unshare -n`. */
  readonly inside?: readonly string[];
}

export class Streams {
  readonly folder = mkdtempSync(join(tmpdir(), 'containerdsnoop-'));
  readonly path = join(this.folder, 'test.sock');
  #child: (ChildProcess & { stdout: Readable; stdin: Writable; stderr: Readable }) | undefined;
  #said = '';

  /** Until it listens or, with `late`, until half of the bytes are through. */
  async start(options: StreamOptions) {
    const { connections, bytes, writer = 'mixed', reader = 'mixed', late } = options;
    const { address = this.path, inside = [] } = options;
    const source = new URL('./workload/streams.c', import.meta.url).pathname;
    const args = [address, connections, bytes, writer, reader, ...(late ? ['late'] : [])];
    const [command = '', ...words] = [...inside, compiled(source), ...args.map(String)];
    this.#child = spawn(command, words, { cwd: this.folder });
    this.#said = '';
    await this.#until(late ? 'middle' : 'listening');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  #until(word: string): Promise<void> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      child?.once('close', () => reject(new Error('the workload ended')));
      child?.stdout.on('data', (text) => {
        this.#said += text;
        if (this.#said.includes(word)) resolve();
      });
    });
  }

  /** To its end. */
  async finish(): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error('the workload was not started');
    const ended = once(child, 'close');
    child.stderr.pipe(process.stderr);
    child.stdin.end('\n');
    const [code] = await ended;
    if (code !== 0) throw new Error(`the workload ended with ${code}`);
  }

  remove(): void {
    this.#child?.kill();
    rmSync(this.folder, { recursive: true });
  }
}

/** What came out of one direction of one connection. */
export interface Seen {
  readonly conn: string;
  readonly toServer: boolean;
  readonly parts: { offset: number; length: number; bytes: Buffer }[];
}

/** Everything of a capture, until its end. */
export class Collected {
  readonly streams = new Map<string, Seen>();
  readonly opened = new Map<string, Chunk>();
  readonly closed = new Set<string>();
  readonly chunks: Omit<Chunk, 'bytes'>[] = [];
  /** By cause. */
  readonly losses: Record<string, number> = {};

  get lost(): number {
    return Object.values(this.losses).reduce((sum, count) => sum + count, 0);
  }

  take(chunk: Chunk): void {
    const { conn, toServer, offset, length, bytes, kind } = chunk;
    const { bytes: _, ...rest } = chunk;
    this.chunks.push(rest);
    if (kind === 'open') this.opened.set(conn, chunk);
    else if (kind === 'close') this.closed.add(conn);
    else {
      const key = `${conn} ${toServer}`;
      const seen = this.streams.get(key) ?? { conn, toServer, parts: [] };
      this.streams.set(key, seen);
      seen.parts.push({ offset, length, bytes: Buffer.from(bytes) });
    }
  }
}

/** No containers are asked for: tests of the capture are about bytes. */
const NO_CONTAINERS: ContainerDirectory = {
  select: () => Promise.reject(new Error('no containers here')),
  notes: () => [],
  close: () => {},
};

/** Captures while `run` runs. */
export async function captured(
  options: CaptureOptions,
  run: (capture: Capture) => Promise<void>,
): Promise<{ all: Collected; unseen: ReturnType<Capture['unseen']> }> {
  const capture = await openCapture(plan, async () => NO_CONTAINERS, { drop: false, ...options });
  const all = new Collected();
  const end = new AbortController();
  try {
    const reading = (async () => {
      for await (const { chunks, lost } of capture.batches(end.signal)) {
        for (const chunk of chunks) all.take(chunk);
        for (const { cause, total } of lost) all.losses[cause] = total;
      }
    })();
    await run(capture);
    end.abort();
    await reading;
    return { all, unseen: capture.unseen() };
  } finally {
    capture.close();
  }
}

/** Fails where a byte is not that of the stream; returns how many were captured and how many not. */
export function check(seen: Seen, stream: number, begin = 0): { there: number; holes: number } {
  let at = 0;
  let there = 0;
  for (const { offset, length, bytes } of seen.parts) {
    if (offset < at) throw new Error(`${seen.conn}: offset ${offset} after ${at}`);
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] === content(stream, begin + offset + i)) continue;
      throw new Error(`${seen.conn}: stream ${stream} differs at ${offset + i}`);
    }
    there += bytes.length;
    at = offset + length;
  }
  return { there, holes: at - there };
}

/** Which stream this is, by its first bytes; -1 if there are none. */
export function streamOf(seen: Seen, connections: number, begin = 0): number {
  const sample: { at: number; byte: number }[] = [];
  for (const { offset, bytes } of seen.parts) {
    for (let i = 0; i < bytes.length && sample.length < SAMPLE; i++)
      sample.push({ at: begin + offset + i, byte: bytes[i] as number });
  }
  if (sample.length === 0) return -1;
  for (let stream = seen.toServer ? 0 : 1; stream < 2 * connections; stream += 2)
    if (sample.every(({ at, byte }) => content(stream, at) === byte)) return stream;
  throw new Error(`${seen.conn} begins as no stream does`);
}

const SAMPLE = 64;
