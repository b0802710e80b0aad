import { readFileSync } from 'node:fs';
import type { Cursor } from '@imagesnoop/loader';
import type { Chunk, Peer } from '../decode/chunk.js';
import { type Owner, Owners } from './owner.js';
import { addressText, EVENT, type RecordReaders, SERVER } from './records.js';
import { Writers } from './writers.js';

/** What is known of one connection beside its bytes. */
export interface Connection {
  /** As in `Chunk.conn`. */
  readonly id: string;
  /** That the server has bound; null if that was not told. */
  readonly address: string | null;
}

interface State extends Connection {
  readonly fromStart: boolean;
  client: Peer | null;
  server: Peer | null;
  /** What the client wrote, what the server wrote. */
  readonly writers: { readonly client: Writers; readonly server: Writers };
  /** Where each direction's stream goes on. */
  readonly next: { client: number; server: number };
}

type Item =
  | { kind: 'open'; state: State; tsNs: number }
  | ({ kind: 'data'; state: State; tsNs: number; reader: Owner; toServer: boolean } & Slice)
  | { kind: 'close'; state: State; tsNs: number; sent: readonly [number, number] };

interface Slice {
  offset: number;
  length: number;
  bytes: Uint8Array;
}

/** A bound on memory: connections whose end was never seen. The oldest are forgotten. */
const MAX_CONNECTIONS = 16_384;
const MAX_CLOSED = 4096;
const NOTHING = new Uint8Array(0);

/**
 * Turns what the kernel tells into the streams that decoders take. Bytes are told by who reads them;
 * who wrote them is often told just after, so each batch is looked at as a whole.
 */
export class Connections {
  readonly #read: RecordReaders;
  readonly #owners: Owners;
  readonly #open = new Map<bigint, State>();
  readonly #closed = new Set<bigint>();

  constructor(read: RecordReaders) {
    this.#read = read;
    this.#owners = new Owners(read.owner);
  }

  /** Open, or seen in the batch at hand. */
  get(id: string): Connection | undefined {
    return this.#open.get(BigInt(id));
  }

  /** The records of a batch as chunks; their bytes are those of the batch. */
  *chunks(rows: Iterable<Cursor>): Generator<Chunk, void, void> {
    const items: Item[] = [];
    for (const row of rows) {
      const item = this.#take(row);
      if (item !== undefined) items.push(item);
    }
    for (const item of items) {
      if (item.kind === 'open') yield* this.#opened(item);
      else if (item.kind === 'close') yield* this.#ended(item);
      else yield* this.#received(item);
    }
  }

  #take(row: Cursor): Item | undefined {
    const { type, owner, open, received, sent, closed, holder } = this.#read;
    const tsNs = owner.tsNs(row);
    switch (type(row)) {
      case EVENT.open: {
        const conn = open.conn(row);
        if (this.#open.has(conn)) return undefined;
        return { kind: 'open', state: this.#begin(row, conn), tsNs };
      }
      case EVENT.received: {
        const state = this.#stateOf(received.conn(row));
        if (state === undefined) return undefined;
        const reader = this.#owners.of(row);
        const toServer = received.toServer(row) !== 0;
        const bytes = row.u8.subarray(received.bytes.start(row), received.bytes.end(row));
        const slice = { offset: received.offset(row), length: received.length(row), bytes };
        return { kind: 'data', state, tsNs, reader, toServer, ...slice };
      }
      case EVENT.sent: {
        const state = this.#open.get(sent.conn(row));
        const offset = sent.offset(row);
        const write = { offset, end: offset + sent.length(row), tsNs, owner: this.#owners.of(row) };
        state?.writers[sent.toServer(row) === 0 ? 'server' : 'client'].add(write);
        return undefined;
      }
      case EVENT.holder: {
        const side = holder.role(row) === SERVER ? 'server' : 'client';
        const state = this.#open.get(holder.conn(row));
        if (state !== undefined) state.writers[side].latest ??= this.#owners.of(row);
        return undefined;
      }
      default: {
        const state = this.#open.get(closed.conn(row));
        if (state === undefined) return undefined;
        const bytes = [closed.sent[0](row), closed.sent[1](row)] as const;
        return { kind: 'close', state, tsNs, sent: bytes };
      }
    }
  }

  #begin(row: Cursor, conn: bigint): State {
    const { open } = this.#read;
    return this.#add(conn, {
      fromStart: open.fromStart(row) !== 0,
      address: addressText(open.address(row)),
      client: processOf(open.clientPid(row)),
      server: processOf(open.serverPid(row)),
    });
  }

  /** Of a connection whose beginning was lost, too; undefined once it has ended. */
  #stateOf(conn: bigint): State | undefined {
    const known = this.#open.get(conn);
    if (known !== undefined || this.#closed.has(conn)) return known;
    return this.#add(conn, { fromStart: false, address: null, client: null, server: null });
  }

  #add(conn: bigint, known: Pick<State, 'fromStart' | 'address' | 'client' | 'server'>): State {
    const state: State = {
      ...known,
      id: String(conn),
      writers: { client: new Writers(), server: new Writers() },
      next: { client: 0, server: 0 },
    };
    if (this.#open.size >= MAX_CONNECTIONS) forgetOldest(this.#open);
    this.#open.set(conn, state);
    return state;
  }

  *#opened({ state, tsNs }: Item & { kind: 'open' }): Generator<Chunk> {
    const { client, server } = state.writers;
    state.client = client.latest ?? state.client;
    state.server = server.latest ?? state.server;
    yield chunk('open', state, tsNs);
  }

  *#received(item: Item & { kind: 'data' }): Generator<Chunk> {
    const { state, reader, toServer, tsNs, bytes } = item;
    const writes = toServer ? 'client' : 'server';
    const writers = state.writers[writes];
    state[toServer ? 'server' : 'client'] = reader;
    state.next[writes] = item.offset + item.length;
    let { offset } = item;
    for (const part of writers.parts(offset, item.length)) {
      state[writes] = part.owner ?? withoutThread(writers.latest ?? state[writes]);
      const from = Math.min(offset - item.offset, bytes.length);
      yield {
        ...chunk('data', state, toServer ? Math.min(tsNs, part.tsNs ?? tsNs) : tsNs),
        toServer,
        offset,
        length: part.length,
        bytes: bytes.subarray(from, Math.min(from + part.length, bytes.length)),
      };
      offset += part.length;
    }
  }

  /** What was written and never read, or not told, is missing at the end. */
  *#ended({ state, tsNs, sent }: Item & { kind: 'close' }): Generator<Chunk> {
    const { id, next } = state;
    const conn = BigInt(id);
    if (!this.#open.delete(conn)) return;
    if (this.#closed.size >= MAX_CLOSED) forgetOldest(this.#closed);
    this.#closed.add(conn);
    for (const writes of ['client', 'server'] as const) {
      const missing = sent[writes === 'client' ? 0 : 1] - next[writes];
      if (missing <= 0) continue;
      const toServer = writes === 'client';
      yield { ...chunk('data', state, tsNs), toServer, offset: next[writes], length: missing };
    }
    yield chunk('close', state, tsNs);
  }
}

function chunk(kind: Chunk['kind'], state: State, tsNs: number): Chunk {
  const { id: conn, fromStart, client, server } = state;
  const rest = { toServer: true, offset: 0, length: 0, bytes: NOTHING };
  return { kind, conn, tsNs, fromStart, client, server, ...rest };
}

function withoutThread(peer: Peer | null): Peer | null {
  return peer === null || peer.tid === null ? peer : { ...peer, tid: null };
}

/** A process of which only the id is known. */
function processOf(pid: number): Peer | null {
  if (pid === 0) return null;
  try {
    return { pid, tid: null, comm: readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd() };
  } catch {
    return { pid, tid: null, comm: '' };
  }
}

function forgetOldest<Key>(known: Map<Key, unknown> | Set<Key>): void {
  for (const key of known.keys()) {
    known.delete(key);
    return;
  }
}
