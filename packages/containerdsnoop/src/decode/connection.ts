import { type Budget, GrowingShare } from './budget.js';
import type { Chunk } from './chunk.js';
import type { Context, ProtocolReader } from './context.js';
import type { CallEnd } from './message.js';
import { type Sniffed, sniff } from './sniff.js';

/** Bytes of one direction from which its protocol has to show. */
const SNIFF_BYTES = 64 << 10;

/** Makes the reader of a protocol. */
export type ReaderFactory = (sniffed: Sniffed, context: Context) => ProtocolReader;

/** The context as its owner has it. */
export type MutableContext = { -readonly [Key in keyof Context]: Context[Key] };

interface Direction {
  /** Offset of the next byte; null before the first. */
  offset: number | null;
  /** Seen and kept until it shows what it is; where writes ended in it. */
  sniffing: Uint8Array;
  ends: number[];
  share: GrowingShare;
}

/** One connection: puts its chunks in order, finds out the protocol, and hands on to its reader. */
export class Connection {
  readonly context: MutableContext;
  /** Whether no byte of it was missed so far. */
  #isWhole = false;
  #makeReader: ReaderFactory;
  #reader: ProtocolReader | null = null;
  #directions: readonly [toClient: Direction, toServer: Direction];

  constructor(context: MutableContext, makeReader: ReaderFactory) {
    this.context = context;
    this.#makeReader = makeReader;
    this.#directions = [direction(context.budget), direction(context.budget)];
  }

  push(chunk: Chunk): void {
    const { context } = this;
    context.nowNs = chunk.tsNs;
    context.client = chunk.client ?? context.client;
    context.server = chunk.server ?? context.server;
    if (chunk.kind === 'open') {
      if (chunk.fromStart) for (const each of this.#directions) each.offset ??= 0;
      this.#isWhole = chunk.fromStart;
    } else if (chunk.kind === 'close') {
      this.end('closed');
    } else {
      this.#data(chunk);
    }
  }

  end(how: CallEnd): void {
    for (const each of this.#directions) this.#dropSniffing(each);
    this.#reader?.end(how);
    this.#reader = null;
    this.context.budget.close();
  }

  #data({ toServer, offset, length, bytes }: Chunk): void {
    const each = this.#directions[toServer ? 1 : 0];
    const expected = each.offset ?? offset;
    // What was seen already is not seen again.
    const again = Math.max(0, expected - offset);
    if (again >= length) return;
    if (offset > expected) this.#skip(toServer, offset - expected);
    each.offset = offset + length;
    const fresh = again > 0 ? bytes.subarray(Math.min(again, bytes.length)) : bytes;
    const missing = length - Math.max(bytes.length, again);
    if (fresh.length > 0) this.#bytes(toServer, fresh, missing === 0);
    if (missing > 0) this.#skip(toServer, missing);
  }

  #bytes(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void {
    if (this.#reader !== null) this.#reader.data(toServer, bytes, atEnd);
    else this.#sniff(toServer, bytes, atEnd);
  }

  #skip(toServer: boolean, length: number): void {
    this.context.undecoded('hole', length);
    this.#isWhole = false;
    if (this.#reader !== null) this.#reader.skip(toServer, length);
    else this.#dropSniffing(this.#directions[toServer ? 1 : 0]);
  }

  #sniff(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void {
    const each = this.#directions[toServer ? 1 : 0];
    if (!each.share.resize(each.sniffing.length + bytes.length)) {
      this.context.undecoded('limit', bytes.length);
      this.#dropSniffing(each);
      return;
    }
    each.sniffing = Buffer.concat([each.sniffing, bytes]);
    if (atEnd) each.ends.push(each.sniffing.length);
    let sniffed = sniff(each.sniffing, each.ends, toServer);
    if (sniffed === null && atEnd && each.sniffing.length > bytes.length) {
      // What came before may be the rest of something: a write by itself tells more.
      sniffed = sniff(bytes, [bytes.length], toServer);
      if (sniffed !== null) this.#keepLast(each, bytes.length);
    }
    if (sniffed !== null) this.#decide(sniffed, toServer);
    else if (each.sniffing.length > SNIFF_BYTES) this.#dropSniffing(each);
  }

  #decide(sniffed: Sniffed, toServer: boolean): void {
    // Servers of HTTP/2 may speak first: that is a start, too, of a connection seen from its start.
    const fromStart = sniffed.fromStart || this.#isWhole;
    const reader = this.#makeReader({ ...sniffed, fromStart }, this.context);
    this.#reader = reader;
    // The other direction first: what it said is older than what told the protocol.
    for (const side of [!toServer, toServer]) {
      const each = this.#directions[side ? 1 : 0];
      const { sniffing, ends } = each;
      each.sniffing = new Uint8Array(0);
      each.ends = [];
      each.share.resize(0);
      let start = 0;
      for (const end of [...ends, sniffing.length]) {
        if (end > start) reader.data(side, sniffing.subarray(start, end), ends.includes(end));
        start = end;
      }
    }
  }

  #keepLast(each: Direction, length: number): void {
    this.context.undecoded('protocol', each.sniffing.length - length);
    each.share.resize(length);
    each.sniffing = each.sniffing.subarray(each.sniffing.length - length);
    each.ends = [length];
  }

  #dropSniffing(each: Direction): void {
    if (each.sniffing.length > 0) this.context.undecoded('protocol', each.sniffing.length);
    each.share.resize(0);
    each.sniffing = new Uint8Array(0);
    each.ends = [];
  }
}

function direction(budget: Budget): Direction {
  const share = new GrowingShare(budget);
  return { offset: null, sniffing: new Uint8Array(0), ends: [], share };
}
