import type { Owner } from './owner.js';

/** One write to a connection. */
interface Write {
  readonly offset: number;
  readonly end: number;
  readonly tsNs: number;
  readonly owner: Owner;
}

/** Bytes of a stream that one thread has written; null where the write was not told. */
export interface Part {
  length: number;
  readonly owner: Owner | null;
  readonly tsNs: number | null;
}

/** Writes that nobody has read yet; the oldest are forgotten. */
const MAX_WRITES = 1024;

/** Who has written what part of one direction's stream. */
export class Writers {
  readonly #writes: Write[] = [];
  /** Who wrote last, or held the end at the start. */
  latest: Owner | null = null;

  add(write: Write): void {
    this.latest = write.owner;
    const writes = this.#writes;
    if (writes.length >= MAX_WRITES) writes.splice(0, MAX_WRITES / 2);
    // Two threads that write at once may be told of in the other order.
    let at = writes.length;
    while (at > 0 && (writes[at - 1] as Write).offset > write.offset) at--;
    writes.splice(at, 0, write);
  }

  /**
   * What was read, in order and without a gap, by who wrote it; neighbours of one thread are one
   * part. Writes before `offset` are forgotten.
   */
  parts(offset: number, length: number): Part[] {
    this.#forget(offset);
    const parts: Part[] = [];
    const put = (size: number, owner: Owner | null, tsNs: number | null): void => {
      const last = parts.at(-1);
      if (last !== undefined && last.owner === owner) last.length += size;
      else if (size > 0) parts.push({ length: size, owner, tsNs });
    };
    const end = offset + length;
    let at = offset;
    for (const write of this.#writes) {
      if (write.offset >= end) break;
      put(Math.max(0, write.offset - at), null, null);
      at = Math.max(at, write.offset);
      put(Math.max(0, Math.min(end, write.end) - at), write.owner, write.tsNs);
      at = Math.max(at, Math.min(end, write.end));
    }
    put(end - at, null, null);
    return parts;
  }

  #forget(offset: number): void {
    let old = 0;
    while (old < this.#writes.length && (this.#writes[old] as Write).end <= offset) old++;
    if (old > 0) this.#writes.splice(0, old);
  }
}
