import type { Context, ProtocolReader } from '../context.js';
import type { CallEnd } from '../message.js';
import { PREFACE } from './frame.js';

/** What may come before it is clear who speaks first. */
const MOST_HELD = 64 << 10;

/** Makes a reader of HTTP/2 that is seen from its start. */
export type Http2Factory = (context: Context) => ProtocolReader;

/**
 * HTTP/2 on a connection that was something else before. Who opened the connection need not be the
 * client: BuildKit's daemon makes calls to the command that connected to it. The preface tells.
 */
export class UpgradedConnection implements ProtocolReader {
  #context: Context;
  #make: Http2Factory;
  #held: { toServer: boolean; bytes: Uint8Array; atEnd: boolean }[] = [];
  #heldBytes = 0;
  #reader: ProtocolReader | null = null;
  #isReversed = false;

  constructor(context: Context, make: Http2Factory) {
    this.#context = context;
    this.#make = make;
  }

  data(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void {
    if (this.#reader !== null) {
      this.#reader.data(toServer !== this.#isReversed, bytes, atEnd);
      return;
    }
    const isPreface = PREFACE.subarray(0, 3).equals(bytes.subarray(0, 3));
    if (!isPreface) {
      this.#hold(toServer, bytes, atEnd);
      return;
    }
    this.#isReversed = !toServer;
    this.#reader = this.#make(this.#isReversed ? reversed(this.#context) : this.#context);
    for (const held of this.#held.splice(0)) this.data(held.toServer, held.bytes, held.atEnd);
    this.data(toServer, bytes, atEnd);
  }

  skip(toServer: boolean, length: number): void {
    this.#reader?.skip(toServer !== this.#isReversed, length);
  }

  end(how: CallEnd): void {
    this.#reader?.end(how);
  }

  #hold(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void {
    if (this.#heldBytes + bytes.length > MOST_HELD) {
      this.#context.undecoded('protocol', bytes.length);
      return;
    }
    this.#heldBytes += bytes.length;
    this.#held.push({ toServer, bytes: bytes.slice(), atEnd });
  }
}

/** The same connection, with its ends exchanged. */
function reversed(context: Context): Context {
  return {
    conn: context.conn,
    limits: context.limits,
    budget: context.budget,
    get nowNs() {
      return context.nowNs;
    },
    get client() {
      return context.server;
    },
    get server() {
      return context.client;
    },
    message: context.message,
    call: context.call,
    undecoded: context.undecoded,
  };
}
