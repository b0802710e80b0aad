/// <reference path="./hpack-js.d.ts" />
import staticTable from 'hpack.js/lib/hpack/static-table.js';

/**
 * One header field. The same object means the same entry of the table: an entry whose content was
 * inserted before the capture began has no name and no value, but it is always the same object.
 */
export interface Field {
  /** Lower case as HTTP/2 has it; null if it is not known. */
  readonly name: string | null;
  /** Latin-1 text; null if it is not known. */
  readonly value: string | null;
  /**
   * How many entries were inserted before this one since the capture began; negative for those from
   * before that; null if it is not in the dynamic table.
   */
  readonly seq: number | null;
  /** Of entries: where in blocks they were used so far, as bits. */
  places: number;
}

/** What the bytes say that no table can hold. */
export class HpackError extends Error {
  override name = 'HpackError';
}

export const STATIC_FIELDS: readonly Field[] = staticTable.table.map(({ name, value }) => ({
  name,
  value,
  seq: null,
  places: 0,
}));

const ENTRY_OVERHEAD = 32; // RFC 7541, 4.1
export const DEFAULT_TABLE_BYTES = 4096;
/** What is kept at most, whatever the encoder says; older entries count as unknown. */
const LARGEST_TABLE_BYTES = 64 << 10;
/** So many insertions later an entry is certainly gone. */
export const FARTHEST_ENTRY = LARGEST_TABLE_BYTES / ENTRY_OVERHEAD;

/**
 * The dynamic table of one direction (RFC 7541, 2.3), which may have had a life before us.
 *
 * Positions in it change with each insertion, but how far back an entry was inserted does not: so an
 * entry that we never saw still has an identity, and what is inserted later is known exactly.
 */
export class Table {
  /** Entries inserted so far, those of former tables included. */
  inserted: number;
  #first: number;
  #fromStart: boolean;
  #entries: Field[] = [];
  #bytes = 0;
  #insertedBytes = 0;
  #limit = DEFAULT_TABLE_BYTES;
  #unknown = new Map<number, Field>();

  /**
   * @param fromStart false: what was inserted before is not known, and may be referred to
   * @param after a table of the same direction that was lost count of: entries of this one are younger
   */
  constructor(fromStart: boolean, after: Table | null = null) {
    this.#fromStart = fromStart;
    this.#first = after === null ? 0 : after.inserted + 2 * FARTHEST_ENTRY;
    this.inserted = this.#first;
    this.#insertedBytes = after?.insertedBytes ?? 0;
  }

  /** Sizes of all entries inserted so far, also of those that are gone. */
  get insertedBytes(): number {
    return this.#insertedBytes;
  }

  /** How many entries are in it whose content is known. */
  get known(): number {
    return this.#entries.reduce((count, { name }) => (name === null ? count : count + 1), 0);
  }

  /** The field at an index of RFC 7541, 2.3.3. Throws HpackError if there can be none. */
  at(index: number): Field {
    if (index <= STATIC_FIELDS.length) {
      const field = STATIC_FIELDS[index - 1];
      if (field === undefined) throw new HpackError('index 0');
      return field;
    }
    const back = index - STATIC_FIELDS.length; // 1 is the youngest
    const known = this.#entries[this.#entries.length - back];
    if (known !== undefined) return known;
    if (this.#fromStart) throw new HpackError(`no entry ${index} in a table known from its start`);
    if (back > FARTHEST_ENTRY) throw new HpackError(`no table has an entry ${index}`);
    return this.#unknownAt(this.inserted - back);
  }

  #unknownAt(seq: number): Field {
    // An entry that we let go is alive: the encoder's table is larger than it had to be.
    if (seq >= this.#first) this.#limit = LARGEST_TABLE_BYTES;
    let field = this.#unknown.get(seq);
    if (field === undefined) {
      field = { name: null, value: null, seq, places: 0 };
      this.#unknown.set(seq, field);
      if (this.#unknown.size > 2 * FARTHEST_ENTRY) this.#forgetUnreachable();
    }
    return field;
  }

  #forgetUnreachable(): void {
    for (const seq of this.#unknown.keys()) {
      if (seq < this.inserted - FARTHEST_ENTRY) this.#unknown.delete(seq);
    }
  }

  /** Inserts a field and gives back its entry. */
  insert(name: string | null, value: string | null): Field {
    const field = { name, value, seq: this.inserted++, places: 0 };
    this.#entries.push(field);
    this.#bytes += sizeOf(field);
    this.#insertedBytes += sizeOf(field);
    this.#evict();
    return field;
  }

  /** Inserts an entry that was not seen. */
  insertUnknown(): void {
    this.insert(null, null);
    this.#fromStart = false;
  }

  /** The size that the encoder says it uses from now on (RFC 7541, 6.3). */
  resize(bytes: number): void {
    this.#limit = Math.min(bytes, LARGEST_TABLE_BYTES);
    if (bytes > LARGEST_TABLE_BYTES) this.#fromStart = false;
    if (bytes === 0) this.#unknown.clear();
    this.#evict();
  }

  #evict(): void {
    let gone = 0;
    while (this.#bytes > this.#limit && gone < this.#entries.length) {
      this.#bytes -= sizeOf(this.#entries[gone++] as Field);
    }
    if (gone > 0) this.#entries.splice(0, gone);
  }

  /** A copy that goes its own way; the fields in it stay the same. */
  clone(): Table {
    const copy = new Table(this.#fromStart);
    copy.#first = this.#first;
    copy.inserted = this.inserted;
    copy.#entries = this.#entries.slice();
    copy.#bytes = this.#bytes;
    copy.#insertedBytes = this.#insertedBytes;
    copy.#limit = this.#limit;
    copy.#unknown = new Map(this.#unknown);
    return copy;
  }
}

// What is not known counts as nothing: entries are then kept rather too long than too short.
function sizeOf({ name, value }: Field): number {
  return (name?.length ?? 0) + (value?.length ?? 0) + ENTRY_OVERHEAD;
}
