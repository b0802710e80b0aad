import type { Cursor, Layout, Read } from '@imagesnoop/loader';

/** enum watch_flag in bpf/sneakpeek.h */
export const FLAG = {
  argvCut: 1,
  nameUnreadable: 2,
  baseUnknown: 4,
  pathCut: 8,
  exchange: 16,
  bytesUnknown: 32,
} as const;

/** A run of bytes; `start < 0` stands for "unknown". */
export interface ByteRun {
  readonly u8: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const UNKNOWN: ByteRun = { u8: new Uint8Array(0), start: -1, end: -1 };

/** The strings of one event, as they stand behind it in the record. */
export class WatchStrings {
  readonly #text: number;
  readonly #flags: Read<number>;
  readonly #lengths: readonly Read<number>[];

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
    return this.#joined(at, 1);
  }

  /** The older name of what was renamed or linked; unknown for other changes. */
  from(at: Cursor): ByteRun {
    const [base, name] = [this.#length(at, 3), this.#length(at, 4)];
    return base + name === 0 ? UNKNOWN : this.#joined(at, 3);
  }

  #length(at: Cursor, index: number): number {
    return this.#lengths[index]?.(at) ?? 0;
  }

  #endOf(at: Cursor, last: number): number {
    let end = at.base + this.#text;
    for (let index = 0; index <= last; index++) end += this.#length(at, index);
    return end;
  }

  #joined(at: Cursor, base: number): ByteRun {
    const unusable = FLAG.nameUnreadable | FLAG.baseUnknown | FLAG.pathCut;
    if (this.#flags(at) & unusable) return UNKNOWN;
    const { u8 } = at;
    const [from, middle, to] = [base - 1, base, base + 1].map((last) => this.#endOf(at, last));
    const text = (start = 0, end = 0) => Buffer.from(u8.buffer, u8.byteOffset + start, end - start);
    const path = joinPath(
      text(from, middle).toString('latin1'),
      text(middle, to).toString('latin1'),
    );
    const bytes = Buffer.from(path, 'latin1');
    return { u8: bytes, start: 0, end: bytes.length };
  }
}

/**
 * A name, seen from a directory ('' is the root), as an absolute path. `.` and `..` are resolved as
 * text; links are not.
 */
export function joinPath(base: string, name: string): string {
  const parts: string[] = [];
  for (const part of `${name.startsWith('/') ? '' : base}/${name}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}
