/**
 * Walks the fields of a protobuf message where they lie, without copying
 * (protobuf.dev/programming-guides/encoding). Nothing is trusted: every read is bounded by `end`.
 *
 * To walk a message inside, set `at` and `end` to `start` and `stop`, and back afterwards.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  /** Offset of the next field. */
  at: number;
  /** Where the message ends. */
  end: number;
  /** Of the field that `next()` found: number, wire type, and where its tag began. */
  field = 0;
  wire = 0;
  tagAt = 0;
  /** Of a varint or a fixed number: the lower and the upper 32 bits, as signed integers. */
  low = 0;
  high = 0;
  /** Of wire type 2: where the value begins and ends. */
  start = 0;
  stop = 0;
  /**
   * Why `next()` returned false: 'end' of the message (also while it returns true); 'cut': a value
   * goes on behind `end`, of wire type 2 it is between `start` and `stop` as far as it is there;
   * 'malformed': no protobuf.
   */
  state: 'end' | 'cut' | 'malformed' = 'end';

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Goes to the next field; false when there is none. */
  next(): boolean {
    const { at, end } = this;
    this.state = 'end';
    if (at >= end) return false;
    this.tagAt = at;
    const first = this.bytes[at] as number;
    if (first < 0x80) {
      this.at = at + 1;
      this.field = first >>> 3;
      this.wire = first & 7;
    } else {
      if (!this.varint()) return false;
      if (this.high !== 0) return this.#malformed();
      this.field = this.low >>> 3;
      this.wire = this.low & 7;
    }
    if (this.field === 0) return this.#malformed();
    return this.wire === 2 ? this.#span() : this.number(this.wire);
  }

  /** Whether the reader is at the beginning of a value that `end` cuts. */
  get hasPart(): boolean {
    return this.state === 'cut' && this.start < this.stop;
  }

  /** Reads a number of this wire type at `at`, as they follow each other when packed. */
  number(wire: number): boolean {
    switch (wire) {
      case 0:
        return this.varint();
      case 1:
        if (this.end - this.at < 8) return this.#cut();
        this.low = this.#word(this.at);
        this.high = this.#word(this.at + 4);
        this.at += 8;
        return true;
      case 5:
        if (this.end - this.at < 4) return this.#cut();
        this.low = this.#word(this.at);
        this.high = 0;
        this.at += 4;
        return true;
      default:
        return this.#malformed();
    }
  }

  /** Reads a varint at `at` into `low` and `high`; false when it is cut or longer than ten bytes. */
  varint(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) return this.#cut();
      const byte = bytes[at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= shift < 63 ? bits << (shift - 32) : bits << 31;
      if (byte < 0x80) {
        // The tenth byte holds the highest bit alone.
        if (shift === 63 && byte > 1) return this.#malformed();
        this.low = low;
        this.high = high;
        this.at = at;
        return true;
      }
    }
    return this.#malformed();
  }

  /** The last number as unsigned; rounded from 2^53 on. */
  get unsigned(): number {
    return (this.high >>> 0) * 0x100000000 + (this.low >>> 0);
  }

  #span(): boolean {
    if (!this.varint()) return false;
    this.start = this.at;
    const length = this.unsigned;
    if (length > this.end - this.at) {
      // Longer than any message can be: these bytes are something else.
      if (length > 0x7fffffff) return this.#malformed();
      this.stop = this.end;
      this.at = this.end;
      return this.#cut(true);
    }
    this.at += length;
    this.stop = this.at;
    return true;
  }

  #word(at: number): number {
    const { bytes } = this;
    return (
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    );
  }

  #cut(inSpan = false): false {
    this.state = 'cut';
    if (!inSpan) this.start = this.stop = this.end;
    return false;
  }

  #malformed(): false {
    this.state = 'malformed';
    return false;
  }
}
