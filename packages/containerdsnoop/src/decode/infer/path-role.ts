import type { Field } from '../hpack/table.js';

/** Requests after which an entry that never changed is the authority, and not the path. */
const CONSTANT_REQUESTS = 16;
/** Different entries in the other place by then. */
const VARYING_ENTRIES = 3;

/**
 * Tells which of a request's fields is the path when their names were inserted before the capture.
 *
 * Pseudo-header fields come first, and method and scheme are in the static table: what is unknown
 * ahead of any other field is path and authority. Go's clients, and most others, send them in this
 * order, gRPC's C core in the opposite one; there the first place never changes, and the second does.
 */
export class PathRole {
  #order: 'path first' | 'authority first' | null = null;
  #first = new Set<number>();
  #second = new Set<number>();
  #requests = 0;

  /** The field that is the path, known or not; null if there is none. */
  pathOf(fields: readonly Field[]): Field | null {
    const pseudo = pseudoFields(fields);
    const path = pseudo.find(({ name }) => name === ':path');
    if (path !== undefined) {
      const authority = pseudo.findIndex(({ name }) => name === ':authority');
      if (authority >= 0) {
        this.#order = pseudo.indexOf(path) < authority ? 'path first' : 'authority first';
      }
      return path;
    }
    // The names of literals of these are in the static table: what has a value is none of them.
    const unknown = pseudo.filter(({ name, value }) => name === null && value === null);
    const [first, second] = unknown;
    if (first === undefined) return null;
    const isAuthorityKnown = pseudo.some(({ name }) => name === ':authority');
    if (second === undefined || isAuthorityKnown || this.#order === 'path first') return first;
    if (this.#order === 'authority first') return second;
    this.#observe(first, second);
    return this.#order === 'authority first' ? second : first;
  }

  #observe(first: Field, second: Field): void {
    if (this.#first.size < VARYING_ENTRIES) this.#first.add(first.seq ?? 0);
    if (this.#second.size < VARYING_ENTRIES) this.#second.add(second.seq ?? 0);
    if (this.#first.size > 1) this.#order = 'path first';
    else if (++this.#requests >= CONSTANT_REQUESTS && this.#second.size >= VARYING_ENTRIES) {
      this.#order = 'authority first';
    }
  }
}

/** Those ahead of the first field that is certainly none of them. */
function pseudoFields(fields: readonly Field[]): readonly Field[] {
  const end = fields.findIndex(({ name }) => name !== null && !name.startsWith(':'));
  return end < 0 ? fields : fields.slice(0, end);
}
