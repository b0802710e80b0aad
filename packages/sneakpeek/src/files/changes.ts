import type { BigIntStats } from 'node:fs';
import { readlinkSync } from 'node:fs';
import type { BytePath } from './byte-path.js';
import { forFs } from './byte-path.js';
import { unreadable } from './errors.js';
import type { MergedDirectory, MergedFile, MergedTree } from './merged-tree.js';
import { sameContent } from './same-content.js';

export const KINDS = [
  ...(['file', 'directory', 'symlink', 'char'] as const),
  ...(['block', 'fifo', 'socket'] as const),
];

export type Kind = (typeof KINDS)[number];

/** One path that is not as it was. */
export interface Change {
  /** Added, changed, deleted. */
  readonly change: 'A' | 'C' | 'D';
  /** From the container's root, with a slash in front. */
  readonly path: BytePath;
  readonly kind: Kind;
  /** As it is now; of what was deleted, as it was. */
  readonly stat: BigIntStats;
  /** Where the file is now; null for what was deleted. */
  readonly file: MergedFile | null;
}

/**
 * What differs between two trees, in the order of a walk: a directory before what is in it, names in
 * the order of their bytes. Of a deleted directory only itself is told, of an added one everything.
 * A directory has changed when its mode, owner or time of modification has, the root of all when its
 * mode or owner has. A file that was copied up and is in all of these and in its content as before
 * has not changed.
 *
 * Synchronous: one step per file, so that whoever asks may pause.
 *
 * @throws SneakpeekError FILES_UNREADABLE
 */
export function* changes(base: MergedTree, now: MergedTree): Generator<Change, void, undefined> {
  const [was, is] = [base.lookup(base.root, '.'), now.lookup(now.root, '.')];
  if (was && is && differsInOwner(was.stat, is.stat)) yield change('C', '/', is);
  yield* new Comparison(base, now).all();
}

/** A directory that is being looked at. */
interface Frame {
  readonly path: BytePath;
  readonly was: MergedDirectory | null;
  readonly is: MergedDirectory;
  readonly names: readonly BytePath[];
  /** How many names are done. */
  done: number;
  close(): void;
}

/** A stack of its own instead of recursion, since who made the directories decides how deep they are. */
class Comparison {
  readonly #base: MergedTree;
  readonly #now: MergedTree;
  readonly #frames: Frame[] = [];

  constructor(base: MergedTree, now: MergedTree) {
    this.#base = base;
    this.#now = now;
  }

  *all(): Generator<Change, void, undefined> {
    try {
      this.#enter('', this.#base.root, this.#now.root);
      for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
        const name = frame.names[frame.done++];
        if (name === undefined) this.#leave();
        else yield* this.#compare(frame, name);
      }
    } finally {
      while (this.#frames.length > 0) this.#leave();
    }
  }

  *#compare(frame: Frame, name: BytePath): Generator<Change, void, undefined> {
    const path = `${frame.path}/${name}`;
    const was = frame.was && this.#base.lookup(frame.was, name);
    const is = this.#now.lookup(frame.is, name);
    if (is === null) {
      if (was !== null) yield change('D', path, was);
      return;
    }
    if (was === null) yield change('A', path, is);
    else if (differs(was, is)) yield change('C', path, is);
    if (is.directory !== null) this.#enter(path, was?.directory ?? null, is.directory);
  }

  /** @param was null where there was none */
  #enter(path: BytePath, was: MergedDirectory | null, is: MergedDirectory): void {
    if (was !== null && areSame(was, is)) return;
    // Where one layer more is all the difference, only what that layer has can differ.
    const isAbove = was !== null && areSame(was, is.slice(1));
    const held = this.#now.hold(is);
    const heldBase = this.#base.hold(was ?? []);
    const close = (): void => {
      held?.close();
      heldBase?.close();
    };
    if (held === null || heldBase === null) return close(); // gone meanwhile
    try {
      const names = this.#now.names(isAbove ? held.directory.slice(0, 1) : held.directory);
      if (!isAbove) for (const name of this.#base.names(heldBase.directory)) names.add(name);
      this.#frames.push({
        ...{ path, is: held.directory, names: [...names].sort(), done: 0, close },
        was: was && heldBase.directory,
      });
    } catch (error) {
      close();
      throw error;
    }
  }

  #leave(): void {
    this.#frames.pop()?.close();
  }
}

function change(kind: Change['change'], path: BytePath, file: MergedFile): Change {
  const { stat } = file;
  return { change: kind, path, kind: kindOf(stat), stat, file: kind === 'D' ? null : file };
}

/** Do the two show the same directories of the same layers? */
function areSame(a: MergedDirectory, b: MergedDirectory): boolean {
  return a.length === b.length && a.every(({ path }, i) => path === b[i]?.path);
}

const differsInOwner = (a: BigIntStats, b: BigIntStats): boolean =>
  a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid;

function differs(was: MergedFile, is: MergedFile): boolean {
  if (was.path === is.path) return false;
  const [a, b] = [was.stat, is.stat];
  if (differsInOwner(a, b) || a.mtimeNs !== b.mtimeNs) return true;
  if (b.isDirectory()) return false;
  if (a.rdev !== b.rdev || a.size !== b.size) return true;
  if (b.isSymbolicLink()) return !targetOf(was.path).equals(targetOf(is.path));
  return b.isFile() && was.content !== is.content && !sameContent(was.content, is.content);
}

function targetOf(path: BytePath): Buffer {
  try {
    return readlinkSync(forFs(path), { encoding: 'buffer' });
  } catch (error) {
    throw unreadable('read link', path, error);
  }
}

export function kindOf(stat: BigIntStats): Kind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'char';
  if (stat.isBlockDevice()) return 'block';
  return stat.isFIFO() ? 'fifo' : 'socket';
}
