import type { Budget } from '../budget.js';
import { Collector } from '../collector.js';
import {
  isTtrpcHeader,
  isTtrpcWrite,
  TTRPC_HEADER_BYTES,
  type TtrpcHeader,
  ttrpcHeaderAt,
} from './frame.js';

export interface TtrpcSink {
  /** @param body its beginning as far as it was seen without interruption; valid during the call */
  frame(header: TtrpcHeader, body: Uint8Array): void;
  unaligned(bytes: number): void;
}

const EMPTY = new Uint8Array(0);

/** Splits one direction of a ttrpc connection into frames, across holes where it can be done. */
export class TtrpcFrameReader {
  #sink: TtrpcSink;
  #toServer: boolean;
  #head = new Uint8Array(TTRPC_HEADER_BYTES);
  #headLength = 0;
  #header: TtrpcHeader | null = null;
  #left = 0;
  #body: Collector;
  #isLost = false;

  constructor(sink: TtrpcSink, toServer: boolean, budget: Budget, longest: number) {
    this.#sink = sink;
    this.#toServer = toServer;
    this.#body = new Collector(budget, longest);
  }

  push(bytes: Uint8Array, atEnd: boolean): void {
    if (this.#isLost) {
      // Each message is one write: the next that looks like one is one.
      if (!isTtrpcWrite(bytes, atEnd ? [bytes.length] : [], this.#toServer)) {
        this.#sink.unaligned(bytes.length);
        return;
      }
      this.#isLost = false;
    }
    let at = 0;
    while (at < bytes.length) {
      if (this.#isLost) {
        this.#sink.unaligned(bytes.length - at);
        return;
      }
      at = this.#header === null ? this.#readHead(bytes, at) : this.#readBody(bytes, at);
    }
  }

  skip(length: number): void {
    if (this.#header !== null && length <= this.#left) {
      this.#body.break();
      this.#left -= length;
      if (this.#left === 0) this.#finish(this.#body.bytes);
      return;
    }
    if (this.#header !== null) this.#finish(this.#body.bytes);
    this.#headLength = 0;
    this.#isLost = true;
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#header !== null) this.#finish(this.#body.bytes);
  }

  #readHead(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length && this.#headLength < TTRPC_HEADER_BYTES) {
      this.#head[this.#headLength++] = bytes[at++] as number;
    }
    if (this.#headLength < TTRPC_HEADER_BYTES) return at;
    this.#headLength = 0;
    const header = ttrpcHeaderAt(this.#head, 0);
    if (!isTtrpcHeader(header, this.#toServer)) {
      this.#sink.unaligned(TTRPC_HEADER_BYTES);
      this.#isLost = true;
      return at;
    }
    this.#header = header;
    this.#left = header.length;
    if (header.length === 0) this.#finish(EMPTY);
    return at;
  }

  #readBody(bytes: Uint8Array, at: number): number {
    const piece = bytes.subarray(at, at + this.#left);
    this.#left -= piece.length;
    if (piece.length === this.#header?.length) {
      this.#finish(piece);
    } else {
      this.#body.add(piece);
      if (this.#left === 0) this.#finish(this.#body.bytes);
    }
    return at + piece.length;
  }

  #finish(body: Uint8Array): void {
    const header = this.#header as TtrpcHeader;
    this.#header = null;
    this.#sink.frame(header, body);
    this.#body.clear();
  }
}
