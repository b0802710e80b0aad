import { type FSWatcher, readdirSync, type Stats, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { CgroupTree } from './cgroups.js';

/** Cgroups that came since the start and are remembered; beyond, the oldest are forgotten. */
const MAX_PATHS = 8192;
/** More than this many are not followed: a bound on what a machine full of cgroups may cost. */
const MAX_WATCHES = 4096;

/** A cgroup, and who made it. */
export interface MadeCgroup {
  readonly path: string;
  readonly uid: number;
}

/**
 * Paths of the cgroups that are made from now on, by their ids. The kernel tells of each directory as
 * it is made, before anything runs in it; so a container that is over in a millisecond, and whose
 * cgroup is gone with it, still has its name. inotify(7); open to everybody.
 */
export class CgroupWatch {
  readonly #tree: CgroupTree;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #made = new Map<number, MadeCgroup>();

  readonly #onMade: (id: number, path: string) => void;

  constructor(tree: CgroupTree, onMade: (id: number, path: string) => void = () => {}) {
    this.#tree = tree;
    this.#onMade = onMade;
  }

  /** Follows all cgroups that there are. Idempotent. */
  start(): void {
    if (this.#tree.mount !== null && this.#watchers.size === 0) this.#follow('/', false);
  }

  /** Undefined for one that was there before, or has not been seen. */
  get(id: number): MadeCgroup | undefined {
    return this.#made.get(id);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #follow(path: string, isNew: boolean): void {
    if (this.#watchers.size >= MAX_WATCHES || this.#watchers.has(path)) return;
    const folder = this.#folder(path);
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if (event === 'rename' && name !== null) this.#look(join(path, name));
      });
      watcher.on('error', () => this.#forget(path));
      this.#watchers.set(path, watcher);
      // What was made before the watch was there.
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) this.#found(join(path, entry.name), isNew);
    } catch {
      // Gone already, or no more watches for this user: the resolver's search remains.
    }
  }

  #look(path: string): void {
    if (this.#stat(path)?.isDirectory()) this.#found(path, true);
    else this.#forget(path);
  }

  #found(path: string, isNew: boolean): void {
    const made = isNew ? this.#stat(path) : undefined;
    if (made !== undefined && !this.#made.has(made.ino)) {
      const [oldest] = this.#made.keys();
      if (this.#made.size >= MAX_PATHS && oldest !== undefined) this.#made.delete(oldest);
      this.#made.set(made.ino, { path, uid: made.uid });
      this.#forget(path); // of the same name, before
      this.#onMade(made.ino, path);
    }
    this.#follow(path, isNew);
  }

  /** Whether it is gone or was replaced: those below it went first. */
  #forget(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }

  #stat(path: string): Stats | undefined {
    return statSync(this.#folder(path), { throwIfNoEntry: false });
  }

  #folder(path: string): string {
    return join(this.#tree.mount as string, path);
  }
}
