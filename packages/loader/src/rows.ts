import type { Layout } from './layout.js';
import { Cursor } from './record.js';

/** Bytes before each record of a batch: its length, and which of the ring buffers it came from. */
const PREFIX = 8;

/** Walks the records of a batch; one cursor is moved from each to the next. */
export class Rows implements IterableIterator<Cursor> {
  readonly #cursor = new Cursor();
  readonly #result: { done: false; value: Cursor } = { done: false, value: this.#cursor };
  readonly #shapes: RecordShapes;
  #next = 0;
  #end = 0;

  constructor(shapes: RecordShapes) {
    this.#shapes = shapes;
  }

  /** Begins with a batch; `bytes` may be longer than `length`. */
  reset(bytes: Uint8Array, length: number): this {
    if (this.#cursor.u8 !== bytes) this.#cursor.cover(bytes);
    this.#next = 0;
    this.#end = Math.min(length, bytes.length);
    return this;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Cursor, undefined> {
    const cursor = this.#cursor;
    while (this.#next + PREFIX <= this.#end) {
      const prefix = this.#next >>> 2;
      const length = cursor.u32[prefix] as number;
      const base = this.#next + PREFIX;
      this.#next = base + ((length + 7) & ~7);
      if (length > this.#end - base) {
        this.#next = this.#end;
        this.#shapes.onMisfit();
        break;
      }
      cursor.ring = cursor.u32[prefix + 1] as number;
      cursor.base = base;
      cursor.length = length;
      if (this.#shapes.fits(cursor)) return this.#result;
      this.#shapes.onMisfit();
    }
    return { done: true, value: undefined };
  }
}

/** How long a record of each type must be at least. */
export class RecordShapes {
  readonly onMisfit: () => void;
  readonly #type: ((at: Cursor) => number) | undefined;
  readonly #byType = new Map<number, number>();
  #least = 0;

  /**
   * @param header the struct that every record begins with, if it has a field `type`
   * @param onMisfit called for each record that is too short for its type
   */
  constructor(header: Layout | undefined, onMisfit: () => void) {
    this.onMisfit = onMisfit;
    if (header === undefined) return;
    this.#least = header.size;
    if (header.has('type')) this.#type = header.u32('type');
  }

  /** Records of this type, or all records if it is left out, are read with this layout. */
  expect(layout: Layout, type: number | undefined): void {
    if (type === undefined) this.#least = Math.max(this.#least, layout.size);
    else this.#byType.set(type, layout.size);
  }

  fits(at: Cursor): boolean {
    if (at.length < this.#least) return false;
    if (this.#byType.size === 0 || this.#type === undefined) return true;
    const least = this.#byType.get(this.#type(at));
    return least !== undefined && at.length >= least;
  }
}
