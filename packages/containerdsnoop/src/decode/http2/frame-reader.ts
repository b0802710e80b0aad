import { type Budget, GrowingShare } from '../budget.js';
import { findFrame } from './align.js';
import {
  FLAG,
  FRAME,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  frameHeaderAt,
  isLegal,
} from './frame.js';

/** Takes what a FrameReader finds in one direction of a connection. */
export interface FrameSink {
  /**
   * A frame other than DATA. `payload` is null when part of it was not seen, or when it is longer
   * than is kept; it is valid during the call.
   */
  frame(header: FrameHeader, payload: Uint8Array | null): void;
  dataStart(header: FrameHeader): void;
  /** Payload of DATA, without padding, in pieces that are valid during the call. */
  data(stream: number, bytes: Uint8Array): void;
  /** So many bytes of payload were not seen. */
  dataMissing(stream: number, length: number): void;
  dataEnd(header: FrameHeader): void;
  /** Frames were not seen, in so many bytes at most. What follows begins with a frame. */
  framesMissing(bytes: number): void;
  /** These bytes were seen, but do not belong to a frame that was. */
  unaligned(bytes: number): void;
}

/** Bytes in which a frame is looked for; none was ever farther away than two of the largest. */
const SEARCH_BYTES = 64 << 10;
/** Longest frame believed, apart from DATA: beyond is a header out of step. */
const LARGEST_FRAME = 1 << 24;
const EMPTY = new Uint8Array(0);

/** While a frame is looked for: what was seen, where its writes ended, and what was not seen. */
interface Search {
  bytes: Uint8Array[];
  ends: number[];
  length: number;
  missing: number;
}

/** Splits one direction of an HTTP/2 connection into frames, across holes where it can be done. */
export class FrameReader {
  #sink: FrameSink;
  #keepBytes: number;
  #searchShare: GrowingShare;
  #heldShare: GrowingShare;
  /** Beginning of a frame header or of a payload that is still to come. */
  #held = EMPTY;
  #heldLength = 0;
  /** The frame whose payload is being read. */
  #frame: FrameHeader | null = null;
  #left = 0;
  #damaged = false;
  /** Octets of padding at the end of DATA; -1 while its length is still to be read. */
  #padding = 0;
  #search: Search | null;

  /**
   * @param aligned whether the first byte is the first of a frame
   * @param keepBytes longest payload that is kept, of frames other than DATA
   */
  constructor(sink: FrameSink, aligned: boolean, keepBytes: number, budget: Budget) {
    this.#sink = sink;
    this.#keepBytes = keepBytes;
    this.#searchShare = new GrowingShare(budget);
    this.#heldShare = new GrowingShare(budget);
    this.#search = aligned ? null : { bytes: [], ends: [], length: 0, missing: 0 };
  }

  /** @param atEnd whether the last byte was the last of a write */
  push(bytes: Uint8Array, atEnd: boolean): void {
    if (this.#search !== null) {
      this.#lookFor(bytes, atEnd);
      return;
    }
    let at = 0;
    while (at < bytes.length && this.#search === null) {
      at = this.#frame === null ? this.#header(bytes, at) : this.#payload(bytes, at);
    }
    if (at < bytes.length) this.push(bytes.subarray(at), atEnd);
  }

  /** So many bytes were not seen. */
  skip(length: number): void {
    if (this.#search !== null) {
      this.#restartSearch(length);
    } else if (this.#frame !== null && length <= this.#left) {
      this.#skipPayload(this.#frame, length);
    } else {
      this.#abandon(length);
    }
  }

  #header(bytes: Uint8Array, at: number): number {
    if (this.#heldLength === 0 && bytes.length - at >= FRAME_HEADER_BYTES) {
      this.#begin(bytes, at);
      return this.#search === null ? at + FRAME_HEADER_BYTES : at;
    }
    const taken = Math.min(FRAME_HEADER_BYTES - this.#heldLength, bytes.length - at);
    this.#hold(bytes.subarray(at, at + taken), FRAME_HEADER_BYTES);
    if (this.#heldLength === FRAME_HEADER_BYTES) {
      this.#heldLength = 0;
      this.#begin(this.#held, 0);
    }
    return at + taken;
  }

  #begin(bytes: Uint8Array, at: number): void {
    const frame = frameHeaderAt(bytes, at);
    if (!isLegal(frame) || frame.length > LARGEST_FRAME) {
      this.#abandon(0);
      return;
    }
    this.#frame = frame;
    this.#left = frame.length;
    this.#damaged = frame.type !== FRAME.data && frame.length > this.#keepBytes;
    if (frame.type === FRAME.data) {
      this.#padding = frame.flags & FLAG.padded && frame.length > 0 ? -1 : 0;
      this.#sink.dataStart(frame);
    }
    if (frame.length === 0) this.#finish(frame, EMPTY);
  }

  #payload(bytes: Uint8Array, start: number): number {
    const frame = this.#frame as FrameHeader;
    let at = start;
    const end = Math.min(bytes.length, at + this.#left);
    if (frame.type === FRAME.data) {
      if (this.#padding < 0) {
        this.#padding = bytes[at++] as number;
        this.#left--;
      }
      const wanted = Math.max(0, this.#left - this.#padding);
      const dataEnd = Math.min(end, at + wanted);
      if (dataEnd > at) this.#sink.data(frame.stream, bytes.subarray(at, dataEnd));
      this.#left -= end - at;
      if (this.#left === 0) this.#finish(frame, null);
      return end;
    }
    const piece = bytes.subarray(at, end);
    this.#left -= piece.length;
    if (this.#damaged) {
      if (this.#left === 0) this.#finish(frame, null);
    } else if (this.#left === 0 && this.#heldLength === 0) {
      this.#finish(frame, piece);
    } else {
      this.#hold(piece, frame.length);
      if (this.#left === 0) this.#finish(frame, this.#held.subarray(0, this.#heldLength));
    }
    return end;
  }

  #skipPayload(frame: FrameHeader, length: number): void {
    if (frame.type === FRAME.data) {
      // A padding length that was not seen is taken as none: nobody pads in clear text.
      this.#padding = Math.max(0, this.#padding);
      const data = Math.min(length, Math.max(0, this.#left - this.#padding));
      if (data > 0) this.#sink.dataMissing(frame.stream, data);
    }
    this.#damaged = true;
    this.#heldLength = 0;
    this.#left -= length;
    if (this.#left === 0) this.#finish(frame, null);
  }

  #finish(frame: FrameHeader, payload: Uint8Array | null): void {
    this.#frame = null;
    this.#heldLength = 0;
    if (frame.type === FRAME.data) this.#sink.dataEnd(frame);
    else this.#sink.frame(frame, payload);
  }

  /** The boundary is lost: behind the next `missing` bytes a frame has to be looked for. */
  #abandon(missing: number): void {
    const frame = this.#frame;
    this.#frame = null;
    if (frame !== null && frame.type !== FRAME.data) this.#sink.frame(frame, null);
    else if (frame !== null && this.#left > this.#padding) {
      this.#sink.dataMissing(frame.stream, this.#left - Math.max(0, this.#padding));
    }
    this.#heldLength = 0;
    this.#search = { bytes: [], ends: [], length: 0, missing };
  }

  #lookFor(bytes: Uint8Array, atEnd: boolean): void {
    const search = this.#search as Search;
    if (!this.#searchShare.resize(search.length + bytes.length)) {
      this.#sink.unaligned(bytes.length);
      this.#restartSearch(bytes.length);
      return;
    }
    search.bytes.push(bytes.slice());
    search.length += bytes.length;
    if (atEnd) search.ends.push(search.length);
    const all = search.bytes.length === 1 ? (search.bytes[0] as Uint8Array) : joined(search.bytes);
    search.bytes = [all];
    const at = findFrame(all, search.ends);
    if (at >= 0) {
      this.#search = null;
      this.#searchShare.resize(0);
      if (at > 0) this.#sink.unaligned(at);
      this.#sink.framesMissing(search.missing + at);
      this.push(all.subarray(at), atEnd);
    } else if (search.length > SEARCH_BYTES) {
      this.#restartSearch(0);
    }
  }

  // What cannot be told apart from a frame's inside is given up.
  #restartSearch(missing: number): void {
    const search = this.#search as Search;
    if (search.length > 0) this.#sink.unaligned(search.length);
    this.#searchShare.resize(0);
    this.#search = {
      bytes: [],
      ends: [],
      length: 0,
      missing: search.missing + search.length + missing,
    };
  }

  #hold(piece: Uint8Array, most: number): void {
    if (this.#held.length < most) {
      // Counted, and kept for the next frame: at most `keepBytes` per direction.
      this.#heldShare.resize(Math.max(256, most));
      const larger = new Uint8Array(Math.max(256, most));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(piece, this.#heldLength);
    this.#heldLength += piece.length;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}
