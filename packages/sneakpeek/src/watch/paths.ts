import { appendPath, type ByteRun, type Cursor, type Layout, type Read } from '@imagesnoop/loader';

/** enum watch_flag in bpf/sneakpeek.h */
export const FLAG = {
  argvCut: 1,
  nameUnreadable: 2,
  baseUnknown: 4,
  pathCut: 8,
  exchange: 16,
  bytesUnknown: 32,
} as const;

/** Base and name of each up to PATH_MAX, and the slash between them. */
const ROOM = 2 * 4096 + 1;
const UNKNOWN: ByteRun = { u8: new Uint8Array(0), start: -1, end: -1 };

/** The strings of one event, as they stand behind it in the record. */
export class WatchStrings {
  readonly #text: number;
  readonly #flags: Read<number>;
  readonly #lengths: readonly Read<number>[];
  readonly #path = new Uint8Array(ROOM);
  readonly #from = new Uint8Array(ROOM);

  constructor(layout: Layout) {
    this.#text = layout.size;
    this.#flags = layout.u32('flags');
    this.#lengths = [
      ...['argv_length', 'path.base_length', 'path.name_length'],
      ...['from.base_length', 'from.name_length'],
    ].map((name) => layout.u32(name));
  }

  /** Arguments of the process: each ends with a NUL. */
  readonly argv = {
    start: (at: Cursor): number => at.base + this.#text,
    end: (at: Cursor): number => this.#endOf(at, 0),
  };

  /** What changed, from the root of the process. Its bytes are valid until the next call. */
  path(at: Cursor): ByteRun {
    return this.#joined(at, 1, this.#path);
  }

  /** The older name of what was renamed or linked; unknown for other changes. Its bytes are as short-lived. */
  from(at: Cursor): ByteRun {
    const [base, name] = [this.#length(at, 3), this.#length(at, 4)];
    return base + name === 0 ? UNKNOWN : this.#joined(at, 3, this.#from);
  }

  #length(at: Cursor, index: number): number {
    return this.#lengths[index]?.(at) ?? 0;
  }

  #endOf(at: Cursor, last: number): number {
    let end = at.base + this.#text;
    for (let index = 0; index <= last; index++) end += this.#length(at, index);
    return end;
  }

  #joined(at: Cursor, base: number, into: Uint8Array): ByteRun {
    const unusable = FLAG.nameUnreadable | FLAG.baseUnknown | FLAG.pathCut;
    if (this.#flags(at) & unusable) return UNKNOWN;
    const name = this.#endOf(at, base);
    const length = this.#length(at, base);
    into.set(at.u8.subarray(name - length, name));
    const end = appendPath(into, length, at.u8, name, name + this.#length(at, base + 1));
    return { u8: into, start: 0, end };
  }
}
