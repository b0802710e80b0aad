import type { Budget } from '../budget.js';
import { Collector } from '../collector.js';

const PREFIX_BYTES = 5;
/** No server accepts more than this; a longer message is a prefix out of step. */
const LONGEST_MESSAGE = 256 << 20;
/** Messages held back until it is sure that they are some. */
const MOST_TENTATIVE = 64;

/** One message as transferred. */
export interface RawMessage {
  compressed: boolean;
  /** Its beginning as far as it was seen without interruption; valid during the call. */
  bytes: Uint8Array;
  /** True length; `bytes` has fewer when some are missing. */
  length: number;
}

export interface MessageSink {
  message(message: RawMessage): void;
  /** Bytes of which it is not known what message they belong to. */
  unaligned(bytes: number): void;
}

/**
 * Finds the messages in the DATA of one direction of one stream (the length-prefixed messages of
 * "gRPC over HTTP2"), across frames and holes.
 *
 * Where the boundary is lost, it is looked for at the beginning of each DATA frame: messages found
 * from there on count once one of them ends where a frame ends.
 */
export class MessageReader {
  #sink: MessageSink;
  #body: Collector;
  #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixLength = 0;
  /** Of the message being read; -1 between two messages. */
  #length = -1;
  #left = 0;
  #compressed = false;
  #state: 'sure' | 'tentative' | 'lost';
  #tentative: RawMessage[] = [];
  #tentativeBytes = 0;
  #budget: Budget;
  #longest: number;

  /**
   * @param aligned whether the first byte is the first of a message
   * @param longest kept of one message, in bytes
   */
  constructor(sink: MessageSink, aligned: boolean, budget: Budget, longest: number) {
    this.#sink = sink;
    this.#state = aligned ? 'sure' : 'lost';
    this.#budget = budget;
    this.#longest = longest;
    this.#body = new Collector(budget, longest);
  }

  /** The next byte is the first of a message. */
  align(): void {
    if (this.#state !== 'sure') this.lose();
    this.#state = 'sure';
  }

  /** A DATA frame begins. */
  frameStart(): void {
    if (this.#state === 'lost') this.#state = 'tentative';
  }

  data(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'lost') {
        this.#sink.unaligned(bytes.length - at);
        return;
      }
      at = this.#length < 0 ? this.#readPrefix(bytes, at) : this.#readBody(bytes, at);
    }
  }

  /** So many bytes of a frame's data were not seen. */
  missing(bytes: number): void {
    if (this.#state === 'lost') return;
    if (this.#state === 'tentative' || this.#length < 0 || bytes > this.#left) {
      this.lose();
      return;
    }
    this.#body.break();
    this.#left -= bytes;
    if (this.#left === 0) this.#finish(this.#body.bytes);
  }

  /** Data was not seen, nobody knows how much. */
  lose(): void {
    if (this.#state === 'tentative') this.#dropTentative();
    else if (this.#length >= 0) this.#finish(this.#body.bytes);
    else if (this.#prefixLength > 0) this.#sink.unaligned(this.#prefixLength);
    this.#prefixLength = 0;
    this.#length = -1;
    this.#state = 'lost';
  }

  /** A DATA frame ends. */
  frameEnd(): void {
    if (this.#state !== 'tentative') return;
    if (this.#length >= 0 || this.#prefixLength > 0) return;
    this.#state = 'sure';
    for (const message of this.#tentative) this.#sink.message(message);
    this.#forgetTentative();
  }

  /** Nothing more comes: gives out what there is of an unfinished message. */
  end(): void {
    this.lose();
    this.#body.clear();
  }

  #readPrefix(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length && this.#prefixLength < PREFIX_BYTES) {
      this.#prefix[this.#prefixLength++] = bytes[at++] as number;
    }
    if (this.#prefixLength < PREFIX_BYTES) return at;
    const [flag, a, b, c, d] = this.#prefix as unknown as [number, number, number, number, number];
    const length = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    if (flag > 1 || length > LONGEST_MESSAGE || !this.#isLikely(length)) {
      this.lose();
      return at;
    }
    this.#prefixLength = 0;
    this.#compressed = flag === 1;
    this.#length = length;
    this.#left = length;
    if (length === 0) this.#finish(this.#prefix.subarray(0, 0));
    return at;
  }

  // A run of zeros looks like a row of empty messages.
  #isLikely(length: number): boolean {
    return this.#state === 'sure' || length > 0 || this.#tentative.length === 0;
  }

  #readBody(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    const piece = bytes.subarray(at, end);
    const isAll = piece.length === this.#length && piece.length <= this.#longest;
    this.#left -= piece.length;
    if (isAll) {
      this.#finish(piece);
    } else {
      this.#body.add(piece);
      if (this.#left === 0) this.#finish(this.#body.bytes);
    }
    return end;
  }

  #finish(bytes: Uint8Array): void {
    const message = { compressed: this.#compressed, bytes, length: this.#length };
    this.#length = -1;
    if (this.#state === 'sure') {
      this.#sink.message(message);
    } else {
      this.#hold(message);
    }
    this.#body.clear();
  }

  #hold(message: RawMessage): void {
    const size = message.bytes.length;
    if (this.#tentative.length >= MOST_TENTATIVE || !this.#budget.take(size)) {
      this.lose();
      return;
    }
    this.#tentativeBytes += size;
    this.#tentative.push({ ...message, bytes: message.bytes.slice() });
  }

  #dropTentative(): void {
    const bytes = this.#tentativeBytes + PREFIX_BYTES * this.#tentative.length;
    const begun = this.#prefixLength + Math.max(0, this.#length - this.#left);
    if (bytes + begun > 0) this.#sink.unaligned(bytes + begun);
    this.#forgetTentative();
    this.#body.clear();
  }

  #forgetTentative(): void {
    this.#budget.release(this.#tentativeBytes);
    this.#tentativeBytes = 0;
    this.#tentative = [];
  }
}
