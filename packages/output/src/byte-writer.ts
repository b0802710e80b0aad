/** Bytes collected before one write: 64 KiB is the size of a pipe's buffer. */
export const FLUSH_BYTES = 64 * 1024;

/** Room beyond FLUSH_BYTES, so that an ordinary row never makes the buffer grow. */
const SLACK_BYTES = 8 * 1024;

/** Bytes prepared once and written often. */
export interface Prepared {
  /** The bytes in whole little-endian words, padded with zeros. */
  readonly words: Int32Array;
  /** Number of bytes without the padding. */
  readonly length: number;
}

export function prepare(text: string | Uint8Array): Prepared {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const words = Array.from({ length: padded.length / 4 }, (_, i) => padded.readInt32LE(i * 4));
  return { words: Int32Array.from(words), length: bytes.length };
}

/**
 * A reused, growing buffer of output bytes. Whoever fills it empties it at FLUSH_BYTES, so its size
 * is bounded by FLUSH_BYTES plus the longest single row.
 */
export class ByteWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(FLUSH_BYTES + SLACK_BYTES);
  /** Number of bytes written so far, and the offset of the next one. */
  length = 0;
  #view = new DataView(this.bytes.buffer);

  /** True when it is time to write the bytes out. */
  get full(): boolean {
    return this.length >= FLUSH_BYTES;
  }

  /** The bytes written so far: a view, valid until the next write. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(count);
  }

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): void {
    const count = bytes.length;
    this.reserve(count);
    const { bytes: to, length: at } = this;
    // Below about 40 bytes a loop is faster than the call into the engine (bench/json.mjs).
    if (count < 40) for (let i = 0; i < count; i++) to[at + i] = bytes[i] as number;
    else to.set(bytes, at);
    this.length = at + count;
  }

  /** Appends prepared bytes, four at a time: twice as fast as byte by byte (bench/json.mjs). */
  prepared({ words, length }: Prepared): void {
    this.reserve(length + 4);
    const view = this.#view;
    let at = this.length;
    this.length = at + length;
    for (let i = 0; i < words.length; i++, at += 4) view.setInt32(at, words[i] as number, true);
  }

  /** Appends a string as UTF-8; lone surrogates become U+FFFD. */
  string(text: string): void {
    const count = text.length;
    this.reserve(count * 3);
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  /** Appends one byte. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  #grow(count: number): void {
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count));
    bigger.set(this.view());
    this.bytes = bigger;
    this.#view = new DataView(bigger.buffer);
  }
}
