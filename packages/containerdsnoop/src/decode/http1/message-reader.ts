import type { Budget } from '../budget.js';
import { Collector } from '../collector.js';
import { type Framing, type Head, isHttpHead, parseHead } from './head.js';

/** Takes what is found in one direction of an HTTP/1.x connection. */
export interface HttpSink {
  /** A head; says how its body ends, or that what follows is no HTTP ('raw'). */
  head(head: Head): Framing | { kind: 'raw' };
  body(bytes: Uint8Array): void;
  bodyMissing(length: number): void;
  /** So far the body makes sense: a chunk of it and the write that brought it have ended. */
  pause(): void;
  /** The body, or the message that has none, is over. */
  end(): void;
  raw(bytes: Uint8Array, atEnd: boolean): void;
  /** The boundary of messages is lost. */
  lost(): void;
  unaligned(bytes: number): void;
}

const LONGEST_CHUNK_LINE = 256;
const LF = 0x0a;
const CR = 0x0d;

type State =
  | 'head'
  | 'length'
  | 'close'
  | 'chunk-size'
  | 'chunk'
  | 'chunk-end'
  | 'trailers'
  | 'raw'
  | 'lost';

/** Splits one direction of an HTTP/1.x connection into heads and bodies, across holes in bodies. */
export class HttpMessageReader {
  #sink: HttpSink;
  #toServer: boolean;
  #state: State = 'head';
  /** A head, or a line of the chunked framing. */
  #text: Collector;
  #left = 0;

  constructor(sink: HttpSink, toServer: boolean, budget: Budget, longestHead: number) {
    this.#sink = sink;
    this.#toServer = toServer;
    this.#text = new Collector(budget, longestHead);
  }

  push(bytes: Uint8Array, atEnd: boolean): void {
    if (this.#state === 'lost' && isHttpHead(bytes, this.#toServer)) this.#state = 'head';
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'raw') {
        this.#sink.raw(bytes.subarray(at), atEnd);
        return;
      }
      if (this.#state === 'lost') {
        this.#sink.unaligned(bytes.length - at);
        return;
      }
      at = this.#step(bytes, at);
    }
    if (atEnd && this.#state === 'chunk-size' && this.#text.length === 0) this.#sink.pause();
  }

  skip(length: number): void {
    switch (this.#state) {
      case 'length':
      case 'chunk':
        if (length <= this.#left) {
          this.#sink.bodyMissing(length);
          this.#left -= length;
          if (this.#left === 0) this.#bodyPartEnds();
          return;
        }
        break;
      case 'close':
      case 'raw':
        this.#sink.bodyMissing(length);
        return;
    }
    this.#lose();
  }

  /** The connection ends: so does a body that is told by that. */
  end(): void {
    if (this.#state === 'close') this.#sink.end();
    this.#text.clear();
  }

  #step(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at);
      case 'length':
      case 'chunk':
        return this.#readCounted(bytes, at);
      case 'close':
        this.#sink.body(bytes.subarray(at));
        return bytes.length;
      default:
        return this.#readLine(bytes, at);
    }
  }

  #readHead(bytes: Uint8Array, start: number): number {
    // Empty lines ahead of a request are allowed (RFC 9112, 2.2).
    let at = start;
    while (this.#text.length === 0 && (bytes[at] === CR || bytes[at] === LF)) at++;
    const line = bytes.indexOf(LF, at);
    const end = line < 0 ? bytes.length : line + 1;
    this.#text.add(bytes.subarray(at, end));
    if (!this.#text.whole) {
      this.#sink.unaligned(this.#text.length);
      this.#lose();
      return end;
    }
    const text = this.#text.bytes;
    const blank =
      text.length > 2 &&
      text.at(-1) === LF &&
      (text.at(-2) === LF || (text.at(-2) === CR && text.at(-3) === LF));
    if (!blank) return end;
    const head = parseHead(Buffer.from(text).toString('latin1').trimEnd());
    this.#text.clear();
    if (head === null) {
      this.#sink.unaligned(text.length);
      this.#lose();
    } else {
      this.#begin(this.#sink.head(head));
    }
    return end;
  }

  #begin(framing: Framing | { kind: 'raw' }): void {
    switch (framing.kind) {
      case 'none':
        this.#state = 'head';
        this.#sink.end();
        break;
      case 'length':
        this.#state = 'length';
        this.#left = framing.length;
        break;
      case 'chunked':
        this.#state = 'chunk-size';
        break;
      default:
        this.#state = framing.kind;
    }
  }

  #readCounted(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#sink.body(bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) this.#bodyPartEnds();
    return end;
  }

  #bodyPartEnds(): void {
    if (this.#state === 'chunk') {
      this.#state = 'chunk-end';
    } else {
      this.#state = 'head';
      this.#sink.end();
    }
  }

  #readLine(bytes: Uint8Array, at: number): number {
    const newline = bytes.indexOf(LF, at);
    const end = newline < 0 ? bytes.length : newline + 1;
    this.#text.add(bytes.subarray(at, end));
    if (this.#text.length > LONGEST_CHUNK_LINE && this.#state !== 'trailers') {
      this.#lose();
      return end;
    }
    if (newline < 0) return end;
    const line = Buffer.from(this.#text.bytes).toString('latin1').trimEnd();
    this.#text.clear();
    this.#line(line);
    return end;
  }

  #line(line: string): void {
    if (this.#state === 'trailers') {
      if (line !== '') return;
      this.#state = 'head';
      this.#sink.end();
    } else if (this.#state === 'chunk-end') {
      this.#state = 'chunk-size';
      if (line !== '') this.#lose();
    } else {
      const size = /^([0-9a-f]{1,12})(?:\s*;.*)?$/i.exec(line);
      if (size === null) {
        this.#lose();
        return;
      }
      this.#left = Number.parseInt(size[1] as string, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'chunk';
    }
  }

  #lose(): void {
    this.#text.clear();
    this.#state = 'lost';
    this.#sink.lost();
  }
}
