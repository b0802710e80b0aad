import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { BpfMap, BpfObject } from '@imagesnoop/bpf-core';
import { BatchReader } from '../batches.js';
import { LoaderError } from '../errors.js';
import { LossCounter } from '../losses.js';
import { plain } from '../plain.js';
import { dropPrivileges } from '../privileges.js';
import type { Cursor } from '../record.js';
import { checkMachine, explain } from '../refusal.js';
import { RecordShapes } from '../rows.js';
import { type Attached, attachAll, loadWhatLoads } from './attach-all.js';
import { type Guess, guessStruct, namesIn } from './guess.js';
import { MapPrinter } from './maps.js';

export interface RunSettings {
  readonly maps: boolean;
  /** Seconds between two prints of the maps. */
  readonly interval: number | undefined;
  /** Seconds until the end. */
  readonly duration: number | undefined;
  readonly struct: string | undefined;
  readonly btf: string | undefined;
  readonly verbose: boolean;
  readonly drop: boolean;
}

/** Runs until a signal, the end of `duration`, or a reader that went away. */
export async function runObject(path: string, settings: RunSettings): Promise<void> {
  checkMachine(settings.btf);
  const source = readObject(path);
  const names = namesIn(source);
  let guesses: readonly Guess[] = [];
  const { object, refused } = loadWhatLoads(source, path, settings.btf, (unloaded) => {
    guesses = ringBuffers(unloaded).map((map) =>
      guessStruct(unloaded, map, names, settings.struct),
    );
  });
  try {
    const attached = attachAll(object, refused);
    try {
      await follow(object, guesses, attached, settings);
    } finally {
      attached.detach();
    }
  } catch (error) {
    throw explain(error);
  } finally {
    object.close();
  }
}

async function follow(
  object: BpfObject,
  guesses: readonly Guess[],
  attached: Attached,
  settings: RunSettings,
): Promise<void> {
  const rings = ringBuffers(object);
  const losses = LossCounter.of(object);
  const maps = new MapPrinter(object);
  const { detach } = attached;
  const reader = new BatchReader({ maps: rings, losses, detach, shapes: anyShape });
  if (settings.drop) {
    const note = dropPrivileges({}, () => losses.read());
    if (settings.verbose) say(note);
  }
  for (const line of attached.lines(settings.verbose)) say(line);
  for (const { name } of object.maps.filter(({ type }) => type === 'perf_event_array'))
    say(`map ${name}: a perf buffer, which is not read; ring buffers are`);
  if (settings.verbose) say('attached; Ctrl-C ends it');

  const end = new AbortController();
  const stop = (): void => end.abort();
  const timers: NodeJS.Timeout[] = [];
  if (settings.duration !== undefined) timers.push(setTimeout(stop, settings.duration * 1000));
  if (settings.interval !== undefined)
    timers.push(setInterval(() => maps.print(write), settings.interval * 1000));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  process.stdout.on('error', stop);
  try {
    await printRecords(reader.batches(end.signal), rings, guesses);
    if (settings.maps) maps.print(write);
  } finally {
    for (const timer of timers) clearInterval(timer);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
}

const ringBuffers = (object: BpfObject): BpfMap[] =>
  object.maps.filter(({ type }) => type === 'ringbuf');

/** Foreign objects have no header of ours; a record of any length is shown. */
const anyShape = new RecordShapes(undefined, () => {});

async function printRecords(
  batches: ReturnType<BatchReader['batches']>,
  maps: readonly BpfMap[],
  guesses: readonly Guess[],
): Promise<void> {
  for await (const { rows, lost } of batches) {
    for (const at of rows) write(record(at, maps, guesses));
    for (const loss of lost) write({ type: 'lost', ...loss });
    await drained();
  }
}

function record(at: Cursor, maps: readonly BpfMap[], guesses: readonly Guess[]): object {
  const bytes = at.u8.subarray(at.base, at.base + at.length);
  const struct = guesses[at.ring]?.(at.length);
  const map = maps[at.ring]?.name ?? null;
  return struct === undefined
    ? { map, struct: null, data: Buffer.from(bytes).toString('hex') }
    : { map, struct: struct.name, data: plain(struct, bytes) };
}

function readObject(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LoaderError('OBJECT_MISSING', `cannot read ${path} (${code})`, { cause });
  }
}

/** A reader that is slow makes the ring buffer fill up, and the kernel count what is lost. */
async function drained(): Promise<void> {
  const { writableNeedDrain, destroyed } = process.stdout;
  if (!writableNeedDrain || destroyed) return;
  await once(process.stdout, 'drain').catch(() => {}); // the error ends the run, see follow()
}

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function say(line: string): void {
  process.stderr.write(`loader: ${line}\n`);
}
