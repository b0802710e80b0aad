import type { JsonWriter } from '@imagesnoop/output';
import type { MessageField } from '../schema/schema.js';

/** Shorter values are written in less time than it takes to find them. */
const MIN_BYTES = 64;
const MAX_BYTES = 16 << 10;
/** A power of two, for some hundred pods, containers and images. */
const SLOTS = 4096;
/** All values together, as they came and as they were written; beyond it they begin anew. */
const MAX_TOTAL_BYTES = 8 << 20;
/** Labels come in any order behind the same id: values are told apart by bytes from everywhere. */
const HASHED_WORDS = 24;
const WORD_BYTES = 4;

interface Rendered {
  readonly field: MessageField;
  readonly source: Buffer;
  readonly written: Buffer;
}

/**
 * What was written for messages inside of messages. Lists of pods, containers and images are asked
 * for every second, come in another order each time, and hardly any of their entries has changed: an
 * entry with the very same bytes is written by copying. It must be written in the same way each time.
 */
export class RenderedValues {
  #slots: (Rendered | undefined)[] = new Array(SLOTS);
  #totalBytes = 0;

  /** Appends what was written for the same bytes of the same field; false if that is not known. */
  replay(
    field: MessageField,
    bytes: Uint8Array,
    start: number,
    stop: number,
    writer: JsonWriter,
  ): boolean {
    if (stop - start < MIN_BYTES) return false;
    const known = this.#slots[slotOf(bytes, start, stop)];
    if (known === undefined || known.field !== field) return false;
    if (known.source.length !== stop - start) return false;
    if (known.source.compare(bytes, start, stop) !== 0) return false;
    writer.raw(known.written);
    return true;
  }

  /** Keeps what the writer has from `from` on, written for the bytes from `start` to `stop`. */
  keep(
    field: MessageField,
    bytes: Uint8Array,
    start: number,
    stop: number,
    writer: JsonWriter,
    from: number,
  ): void {
    if (stop - start < MIN_BYTES || stop - start > MAX_BYTES) return;
    const slot = slotOf(bytes, start, stop);
    const before = this.#slots[slot];
    if (before !== undefined) this.#totalBytes -= before.source.length + before.written.length;
    this.#totalBytes += stop - start + writer.length - from;
    if (this.#totalBytes > MAX_TOTAL_BYTES) {
      this.#slots = new Array(SLOTS);
      this.#totalBytes = stop - start + writer.length - from;
    }
    this.#slots[slot] = {
      field,
      source: Buffer.from(bytes.subarray(start, stop)),
      written: Buffer.from(writer.bytes.subarray(from, writer.length)),
    };
  }
}

/** FNV-1a over words of four bytes: all of them, or as many from anywhere. */
function slotOf(bytes: Uint8Array, start: number, stop: number): number {
  let hash = 0x811c9dc5 ^ (stop - start);
  const last = stop - WORD_BYTES;
  const step = Math.max(WORD_BYTES, Math.ceil((stop - start) / HASHED_WORDS));
  for (let i = start; i < last; i += step) hash = Math.imul(hash ^ wordAt(bytes, i), 0x01000193);
  hash = Math.imul(hash ^ wordAt(bytes, last), 0x01000193);
  return ((hash >>> 8) ^ (hash >>> 20)) & (SLOTS - 1);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
