import {
  type ContainerDirectory,
  type Lost,
  openSession,
  type Session,
  type SessionOptions,
  type Tracer,
  type TracerPlan,
} from '@imagesnoop/loader';
import type { Chunk } from '../decode/chunk.js';
import { type Address, addressesOf, isServed, listeningNames } from './addresses.js';
import { type Connection, Connections } from './connections.js';
import { DaemonError } from './errors.js';
import { type Listener, readListeners, recordReaders, UNSEEN } from './records.js';
import { WatchedAddresses } from './watched.js';

export interface CaptureOptions extends SessionOptions {
  /** Paths, `@abstract` names, beginnings with `*`, `auto`; default: containerd's usual path. */
  readonly addresses?: readonly string[];
}

/** Chunks of some records, and what was lost since the last ones. */
export interface ChunkBatch {
  /** To be walked once, before the next batch is asked for. */
  readonly chunks: Iterable<Chunk>;
  readonly lost: readonly Lost[];
}

/** Who is at the addresses when the tool starts. */
export interface Servers {
  readonly listeners: readonly Listener[];
  /** Where nobody is yet. */
  readonly unserved: readonly Address[];
}

/** Bytes that were read on watched connections but not captured, by cause. */
export type UnseenBytes = Readonly<Record<(typeof UNSEEN)[number], number>>;

/** Of use only until all ends that were open at the start have been read (bpf/containerdsnoop/waiting.bpf.h). */
const WAITING = ['unix_stream_read_actor_fexit', 'unix_stream_read_actor_kprobe'];

/** An image import writes 30 MB in bursts that last longer than a reader's pause. */
const BUFFER_BYTES = 64 << 20;

/**
 * Watches connections to unix sockets. Whatever fails, nothing stays open.
 *
 * @param whileRoot what is to be opened of the servers before root is given up
 * @throws as `openSession()` of the loader; DaemonError `DAEMON_NOT_RUNNING` when nobody listens at
 *   an address and `wait` is not set; UsageError `ADDRESS_INVALID`
 */
export async function openCapture<Directory extends ContainerDirectory>(
  plan: TracerPlan,
  openContainers: () => Promise<Directory>,
  { addresses: given = [], drop = true, ...options }: CaptureOptions,
  whileRoot: (servers: Servers) => Promise<void> | void = () => {},
): Promise<Capture<Directory>> {
  const addresses = addressesOf(given);
  let watched: WatchedAddresses | undefined;
  let opened: Promise<void> | undefined;
  const whilePrivileged = (tracer: Tracer): void => {
    watched = new WatchedAddresses(tracer, addresses);
    const listeners = findOpen(tracer);
    watched.becomeReady();
    const unserved = unservedOf(addresses, listeners);
    if (options.wait !== true) checkServed(unserved);
    opened = Promise.resolve(whileRoot({ listeners, unserved }));
  };
  let session: Session<Directory> | undefined;
  try {
    const settings = { buffer: BUFFER_BYTES, ...options, drop: false };
    session = await openSession(plan, openContainers, settings, whilePrivileged);
    await opened;
    if (drop) {
      await session.containers.ready;
      session.tracer.dropPrivileges();
    }
    return new Capture(session, watched as WatchedAddresses);
  } catch (error) {
    watched?.close();
    session?.close();
    throw error;
  }
}

export class Capture<Directory extends ContainerDirectory = ContainerDirectory> {
  readonly session: Session<Directory>;
  readonly #watched: WatchedAddresses;
  readonly #connections: Connections;
  #settled = false;

  /** @internal Use `openCapture()`. */
  constructor(session: Session<Directory>, watched: WatchedAddresses) {
    this.session = session;
    this.#watched = watched;
    this.#connections = new Connections(recordReaders(session.tracer));
  }

  /** As `Tracer.batches()`. To be called once. */
  async *batches(signal?: AbortSignal): AsyncGenerator<ChunkBatch, void, void> {
    for await (const { rows, lost } of this.session.tracer.batches(signal)) {
      yield { chunks: this.#connections.chunks(rows), lost };
      this.#settle();
    }
  }

  /** A connection that is open, or ends in the batch at hand. */
  connection(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  /** Since the start. */
  unseen(): UnseenBytes {
    const map = this.session.tracer.map('unseen_bytes');
    const counts = UNSEEN.map((cause, index) => {
      const perCpu = map.lookupPerCpu(index);
      const sum = perCpu.reduce((all, value) => all + u64(value), 0);
      return [cause, sum] as const;
    });
    return Object.fromEntries(counts) as UnseenBytes;
  }

  #settle(): void {
    if (this.#settled) return;
    const { tracer } = this.session;
    this.#settled = tracer.object.getGlobal('unsettled_ends')?.every((byte) => byte === 0) ?? true;
    if (this.#settled) tracer.detach(WAITING);
  }

  /** Idempotent. */
  close(): void {
    this.#watched.close();
    this.session.close();
  }
}

/** Has the kernel tell of connections that are open, and returns who accepts new ones. */
function findOpen(tracer: Tracer): Listener[] {
  const link = tracer.object.program('open_files').attachIter();
  try {
    return readListeners(link.readIter());
  } finally {
    link.close();
  }
}

function unservedOf(addresses: readonly Address[], listeners: readonly Listener[]): Address[] {
  // A socket may be bound by another name than it is asked for by: then its file was found.
  if (listeners.length > 0 && addresses.length === 1) return [];
  const listening = new Set([...listeningNames(), ...listeners.map(({ address }) => address)]);
  return addresses.filter((address) => !isServed(address, listening));
}

/** That nothing is there yet that begins so is nothing unusual: shims come and go. */
function checkServed(unserved: readonly Address[]): void {
  const dead = unserved.find(({ prefix }) => !prefix);
  if (dead === undefined) return;
  throw new DaemonError(
    'DAEMON_NOT_RUNNING',
    `nobody listens at ${dead.name}`,
    'Start the daemon first, name another socket with --address, or --wait for it.',
  );
}

function u64(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}
