import { Budget } from './budget.js';
import type { Chunk } from './chunk.js';
import { Connection, type MutableContext } from './connection.js';
import { Knowledge } from './infer/naming.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import type { Call, Message, Undecoded, UndecodedCause } from './message.js';
import { readerFor } from './readers.js';
import type { Schema } from './schema/schema.js';

export interface DecoderOptions {
  /** Methods and messages of the servers; it may know none. */
  schema: Schema;
  limits?: Partial<Limits>;
  /** Each message, when its last byte has come. */
  onMessage(message: Message): void;
  /** Each call, when it is over. */
  onCall(call: Call): void;
  onUndecoded(undecoded: Undecoded): void;
}

/** What a decoder has seen so far. */
export interface DecoderStats {
  /** Known now. */
  connections: number;
  messages: number;
  calls: number;
  /** Taken in, holes not counted. */
  bytes: number;
  /** Bytes that no message came out of, by cause. */
  undecoded: Readonly<Record<UndecodedCause, number>>;
  /** Parts of messages held in memory now. */
  bufferedBytes: number;
}

/**
 * Turns what was seen on connections into messages and calls: gRPC, ttrpc and HTTP/1.1, told by
 * their bytes, from the beginning of a connection or from anywhere in it.
 *
 * Synchronous, without clock or I/O; memory is bounded by `limits`.
 */
export class Decoder {
  #options: DecoderOptions;
  #limits: Limits;
  #budget: Budget;
  #knowledge: Knowledge;
  #connections = new Map<string, Connection>();
  #messages = 0;
  #calls = 0;
  #bytes = 0;
  #undecoded: Record<UndecodedCause, number> = {
    hole: 0,
    protocol: 0,
    unaligned: 0,
    headers: 0,
    compression: 0,
    limit: 0,
  };

  constructor(options: DecoderOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#budget = new Budget(this.#limits.totalBytes);
    this.#knowledge = new Knowledge(options.schema);
  }

  /** Takes in what was seen next; callbacks are called before it returns. */
  push(chunk: Chunk): void {
    this.#bytes += chunk.bytes.length;
    let connection = this.#connections.get(chunk.conn);
    if (connection === undefined) {
      if (chunk.kind === 'close') return;
      connection = this.#open(chunk);
    }
    connection.push(chunk);
    if (chunk.kind === 'close') this.#connections.delete(chunk.conn);
  }

  /** Forgets connections that were silent for `limits.idleNs`. */
  expire(tsNs: number): void {
    for (const [conn, connection] of this.#connections) {
      if (tsNs - connection.context.nowNs > this.#limits.idleNs) this.#forget(conn, connection);
    }
  }

  /** Nothing more comes: gives out what is unfinished. */
  end(): void {
    for (const [conn, connection] of this.#connections) this.#forget(conn, connection);
  }

  stats(): DecoderStats {
    return {
      connections: this.#connections.size,
      messages: this.#messages,
      calls: this.#calls,
      bytes: this.#bytes,
      undecoded: { ...this.#undecoded },
      bufferedBytes: this.#budget.used,
    };
  }

  #open(chunk: Chunk): Connection {
    if (this.#connections.size >= this.#limits.connections) this.#forgetStalest();
    const connection = new Connection(this.#context(chunk), readerFor(this.#knowledge));
    this.#connections.set(chunk.conn, connection);
    return connection;
  }

  #context({ conn, tsNs, client, server }: Chunk): MutableContext {
    return {
      conn,
      client,
      server,
      nowNs: tsNs,
      limits: this.#limits,
      budget: new Budget(this.#limits.connectionBytes, this.#budget),
      message: (message) => {
        this.#messages++;
        this.#options.onMessage(message);
      },
      call: (call) => {
        this.#calls++;
        this.#options.onCall(call);
      },
      undecoded: (cause, bytes) => {
        this.#undecoded[cause] += bytes;
        this.#options.onUndecoded({ cause, conn, bytes });
      },
    };
  }

  #forgetStalest(): void {
    let stalest: [string, Connection] | null = null;
    for (const entry of this.#connections) {
      if (stalest === null || entry[1].context.nowNs < stalest[1].context.nowNs) stalest = entry;
    }
    if (stalest === null) return;
    stalest[1].context.undecoded('limit', 0);
    this.#forget(...stalest);
  }

  #forget(conn: string, connection: Connection): void {
    this.#connections.delete(conn);
    connection.end('unfinished');
  }
}
