import type { Budget } from '../budget.js';
import { Collector } from '../collector.js';
import { FLAG, FRAME, type FrameHeader } from './frame.js';

const PRIORITY_BYTES = 5;

/** What comes of a HEADERS frame and its CONTINUATIONs. */
export interface HeaderBlock {
  stream: number;
  endStream: boolean;
  /** Compressed header block; null if some of it was not seen, or is longer than is kept. */
  block: Uint8Array | null;
  /** True length of the block in bytes. */
  length: number;
}

/** A block that goes on in CONTINUATIONs. */
interface OpenBlock {
  stream: number;
  endStream: boolean;
  length: number;
  damaged: boolean;
}

/** Puts the header blocks of one direction together. */
export class HeaderBlocks {
  #open: OpenBlock | null = null;
  #body: Collector;

  constructor(budget: Budget, longest: number) {
    this.#body = new Collector(budget, longest);
  }

  /** Takes HEADERS and CONTINUATION; the result is valid until the next call. */
  frame(header: FrameHeader, payload: Uint8Array | null): HeaderBlock | null {
    const { type, flags, stream, length } = header;
    if (type === FRAME.headers) {
      this.#body.clear();
      const endStream = (flags & FLAG.endStream) !== 0;
      this.#open = { stream, endStream, length: 0, damaged: false };
    }
    const open = this.#open;
    if (open === null || open.stream !== stream) return null;
    const part = type === FRAME.headers ? fragment(flags, payload) : payload;
    if (part === null) open.damaged = true;
    open.length += part?.length ?? length;
    if (flags & FLAG.endHeaders) {
      this.#open = null;
      return this.#finished(open, part);
    }
    if (part !== null) this.#body.add(part);
    return null;
  }

  #finished(open: OpenBlock, last: Uint8Array | null): HeaderBlock {
    const { stream, endStream, length, damaged } = open;
    if (damaged || last === null) return { stream, endStream, length, block: null };
    if (this.#body.length === 0 && this.#body.whole) {
      return { stream, endStream, length, block: last };
    }
    this.#body.add(last);
    const block = this.#body.whole ? this.#body.bytes.slice() : null;
    this.#body.clear();
    return { stream, endStream, length, block };
  }
}

// Without padding and priority (RFC 9113, 6.2); null if they claim more than there is.
function fragment(flags: number, payload: Uint8Array | null): Uint8Array | null {
  if (payload === null) return null;
  const padded = (flags & FLAG.padded) !== 0;
  const start = (padded ? 1 : 0) + (flags & FLAG.priority ? PRIORITY_BYTES : 0);
  const end = payload.length - (padded ? (payload[0] ?? 0) : 0);
  return end < start ? null : payload.subarray(start, end);
}
