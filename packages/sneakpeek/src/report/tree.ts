import type { BytePath } from '../files/byte-path.js';
import type { Change } from '../files/changes.js';

/** A name in the tree of changes. */
export interface Branch {
  readonly name: BytePath;
  /** Null for a directory that has not changed itself, only what is in it. */
  change: Entry | null;
  readonly children: Map<BytePath, Branch>;
  /** Of everything below and itself. */
  readonly sum: Sum;
}

/** What a change is remembered by. */
export interface Entry {
  readonly change: Change['change'];
  readonly path: BytePath;
  readonly kind: Change['kind'];
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly mtimeMs: number;
}

export interface Sum {
  added: number;
  changed: number;
  deleted: number;
  /** Of files that are there now. */
  bytes: number;
}

/** All changes of a container, as a tree and in lists. */
export class ChangeTree {
  readonly root: Branch = branch('/');
  /** Files by size, largest first; and by time, newest first. */
  readonly largest = new Best<Entry>(({ size }) => size);
  readonly newest = new Best<Entry>(({ mtimeMs }) => mtimeMs);

  add({ change, path, kind, stat }: Change): void {
    const entry: Entry = {
      ...{ change, path, kind, size: Number(stat.size), mode: Number(stat.mode & 0o7777n) },
      ...{ uid: Number(stat.uid), mtimeMs: Number(stat.mtimeMs) },
    };
    const isThere = change !== 'D';
    const bytes = isThere && kind === 'file' ? entry.size : 0;
    let at = this.root;
    count(at.sum, change, bytes);
    for (const name of path.split('/').filter((part) => part !== '')) {
      let next = at.children.get(name);
      if (next === undefined) {
        next = branch(name);
        at.children.set(name, next);
      }
      at = next;
      count(at.sum, change, bytes);
    }
    at.change = entry;
    if (isThere && kind === 'file') this.largest.offer(entry);
    if (isThere && kind !== 'directory') this.newest.offer(entry);
  }
}

const branch = (name: BytePath): Branch => ({
  ...{ name, change: null, children: new Map() },
  sum: { added: 0, changed: 0, deleted: 0, bytes: 0 },
});

function count(sum: Sum, change: Change['change'], bytes: number): void {
  if (change === 'A') sum.added++;
  else if (change === 'C') sum.changed++;
  else sum.deleted++;
  sum.bytes += bytes;
}

/** The few that rank highest of many. */
class Best<T> {
  readonly #rank: (each: T) => number;
  #all: T[] = [];

  constructor(rank: (each: T) => number) {
    this.#rank = rank;
  }

  offer(each: T): void {
    this.#all.push(each);
    if (this.#all.length > 1000) this.#all = this.top(MOST);
  }

  top(count: number): T[] {
    return this.#all.sort((a, b) => this.#rank(b) - this.#rank(a)).slice(0, count);
  }
}

/** As many as a list of the page may have. */
const MOST = 100;
