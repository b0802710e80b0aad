import { DecodeError } from './errors.js';

/**
 * A flyweight over one record of a batch. The same object is moved from record to record, so it is
 * valid only until the next step of the iteration: copy what is to be kept.
 *
 * The views cover the whole batch; `base` is where the record begins, a multiple of 8. Readers made
 * by `Layout` index these views with constant offsets, which is what makes them fast.
 */
export class Cursor {
  u8: Uint8Array = new Uint8Array(0);
  u16: Uint16Array = new Uint16Array(0);
  u32: Uint32Array = new Uint32Array(0);
  i32: Int32Array = new Int32Array(0);
  u64: BigUint64Array = new BigUint64Array(0);
  i64: BigInt64Array = new BigInt64Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The same bytes as `u8`, with Node's string functions. */
  buffer: Buffer = Buffer.alloc(0);
  /** Index in `u8` of the record's first byte. */
  base = 0;
  /** Index of the ring buffer that the record came from, in the order of the maps. */
  ring = 0;
  /** Length of the record in bytes. */
  length = 0;

  /**
   * A cursor over bytes that hold one record, for replay and tests.
   *
   * @param record copied if it does not begin at a multiple of 8 in its buffer
   *
   * @example
   * const pid = layout.u32('pid')(Cursor.over(recorded));
   */
  static over(record: Uint8Array): Cursor {
    const cursor = new Cursor();
    cursor.cover(record.byteOffset % 8 === 0 ? record : Uint8Array.from(record));
    cursor.length = record.length;
    return cursor;
  }

  /** Makes the views, once per buffer. `bytes` begins at a multiple of 8 in its buffer. */
  cover(bytes: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = bytes;
    if (byteOffset % 8 !== 0)
      throw new DecodeError('RECORD_UNALIGNED', `records begin at byte ${byteOffset} of a buffer`);
    this.u8 = bytes;
    this.u16 = new Uint16Array(buffer, byteOffset, byteLength >>> 1);
    this.u32 = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    this.i32 = new Int32Array(buffer, byteOffset, byteLength >>> 2);
    this.u64 = new BigUint64Array(buffer, byteOffset, byteLength >>> 3);
    this.i64 = new BigInt64Array(buffer, byteOffset, byteLength >>> 3);
    this.view = new DataView(buffer, byteOffset, byteLength);
    this.buffer = Buffer.from(buffer, byteOffset, byteLength);
    this.base = 0;
    this.length = 0;
  }
}

/** Reads one thing from the record under a cursor. Made by `Layout`. */
export type Read<T> = (at: Cursor) => T;

/** Where a field's bytes are; both are indexes in `at.u8`, `end` is exclusive. */
export interface Span {
  start(at: Cursor): number;
  end(at: Cursor): number;
}

/** A text field; the call decodes UTF-8 (what is invalid becomes U+FFFD), the span is the raw bytes. */
export interface ReadText extends Span {
  (at: Cursor): string;
}

/** A field of raw bytes; the call gives a view, valid as long as the cursor stays. */
export interface ReadBytes extends Span {
  (at: Cursor): Uint8Array;
}
