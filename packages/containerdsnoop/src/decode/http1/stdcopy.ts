const HEADER_BYTES = 8;
const CHANNELS = ['stdin', 'stdout', 'stderr'] as const;
/** Docker writes what it reads in pieces of 32 KiB; more is no header. */
const LONGEST = 1 << 20;

export type Channel = (typeof CHANNELS)[number];

/**
 * Splits Docker's multiplexed stream of a container's output: eight bytes of header (channel, three
 * zeros, length in big-endian), then so many bytes. A terminal's output comes without; it is told by
 * the first bytes.
 */
export class StdcopyReader {
  #isMultiplexed: boolean | null = null;
  #header = new Uint8Array(HEADER_BYTES);
  #headerLength = 0;
  #left = 0;
  #channel: Channel | null = null;
  #emit: (channel: Channel | null, bytes: Uint8Array) => void;

  /** @param emit called with each piece; its channel is null if there are no headers */
  constructor(emit: (channel: Channel | null, bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  push(bytes: Uint8Array): void {
    this.#isMultiplexed ??= isHeader(bytes, 0);
    if (!this.#isMultiplexed) {
      this.#emit(null, bytes);
      return;
    }
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const piece = bytes.subarray(at, at + this.#left);
        this.#left -= piece.length;
        at += piece.length;
        this.#emit(this.#channel, piece);
        continue;
      }
      this.#header[this.#headerLength++] = bytes[at++] as number;
      if (this.#headerLength === HEADER_BYTES && !this.#begin()) {
        this.#emit(null, bytes.subarray(at));
        return;
      }
    }
  }

  /** So many bytes were not seen. */
  skip(length: number): void {
    if (length <= this.#left) this.#left -= length;
    else this.#restart();
  }

  #begin(): boolean {
    this.#headerLength = 0;
    if (!isHeader(this.#header, 0)) {
      this.#restart();
      return false;
    }
    this.#channel = CHANNELS[this.#header[0] as number] ?? null;
    this.#left = lengthAt(this.#header, 4);
    return true;
  }

  // What comes next tells again what it is: writes begin with headers.
  #restart(): void {
    this.#isMultiplexed = null;
    this.#headerLength = 0;
    this.#left = 0;
    this.#channel = null;
  }
}

function isHeader(bytes: Uint8Array, at: number): boolean {
  if (bytes.length < at + HEADER_BYTES) return false;
  const [channel = 255, a, b, c] = bytes.subarray(at);
  return (
    channel < CHANNELS.length && a === 0 && b === 0 && c === 0 && lengthAt(bytes, at + 4) <= LONGEST
  );
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32BE(at);
}
