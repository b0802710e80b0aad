import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** How often a directory is read where the kernel gives us no watch. */
const POLL_MS = 1000;

const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
/** Of watches and of inotify instances per user, and of open files. */
const LIMITS: ReadonlySet<string> = new Set(['ENOSPC', 'EMFILE', 'ENFILE']);

/** What to call when entries of the directory come and go. */
export interface DirectoryListener {
  appeared(name: string): unknown;
  vanished?(name: string): void;
  /** The directory is there but closed to us; nothing will come of it. */
  refused?(errno: string): void;
}

/**
 * Follows the entries of a directory that may not exist yet, may vanish and may come back.
 * Reports those present at once and later ones as inotify tells. All reads are synchronous:
 * these are small directories in memory, and a new container is wanted before it starts.
 */
export class DirectoryWatch {
  readonly #path: string;
  readonly #listener: DirectoryListener;
  readonly #only: readonly string[] | undefined;
  readonly #known = new Map<string, number>();
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #parent: DirectoryWatch | undefined;
  #closed = false;

  /** @param only the names to follow; without it, all */
  constructor(path: string, listener: DirectoryListener, only?: readonly string[]) {
    this.#path = path;
    this.#listener = listener;
    this.#only = only;
    this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#parent?.close();
  }

  #open(): void {
    // Asked first, because an exception costs more than all the rest of this.
    if (!this.#exists()) return this.#awaitCreation();
    try {
      this.#watcher = watch(this.#path, { persistent: false }, (_, name) =>
        name === null ? this.#read() : this.#look(name),
      );
      this.#watcher.on('error', () => this.#lost());
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (GONE.has(code)) return this.#awaitCreation();
      if (LIMITS.has(code)) this.#poll = setInterval(() => this.#read(), POLL_MS).unref();
    }
    this.#read();
  }

  #read(): void {
    if (this.#closed) return;
    let names: readonly string[];
    try {
      names = this.#only ?? readdirSync(this.#path);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      return GONE.has(code) ? this.#lost() : this.#listener.refused?.(code);
    }
    for (const name of new Set([...this.#known.keys(), ...names])) this.#look(name);
  }

  #look(name: string): void {
    if (this.#closed) return;
    const followed = this.#only?.includes(name) ?? true;
    const inode = followed ? this.#inode(name) : undefined;
    const known = this.#known.get(name);
    if (inode === known) {
      // The end of the directory itself is told under its own name.
      if (inode === undefined && !this.#exists()) this.#lost();
      return;
    }
    // The same name with another inode was replaced between two looks.
    if (known !== undefined) this.#forget(name);
    if (inode === undefined) return;
    this.#known.set(name, inode);
    this.#listener.appeared(name);
  }

  #exists(): boolean {
    try {
      return statSync(this.#path, { throwIfNoEntry: false }) !== undefined;
    } catch {
      return true; // closed to us is not gone
    }
  }

  #inode(name: string): number | undefined {
    try {
      return statSync(`${this.#path}/${name}`, { throwIfNoEntry: false })?.ino;
    } catch {
      return this.#known.get(name); // no longer ours to see, which does not mean gone
    }
  }

  #forget(name: string): void {
    this.#known.delete(name);
    this.#listener.vanished?.(name);
  }

  #lost(): void {
    this.#stop();
    for (const name of this.#known.keys()) this.#forget(name);
    if (!this.#closed) this.#open();
  }

  #stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearInterval(this.#poll);
  }

  #awaitCreation(): void {
    const parent = dirname(this.#path);
    if (this.#parent !== undefined || parent === this.#path) return;
    const name = basename(this.#path);
    this.#parent = new DirectoryWatch(
      parent,
      { appeared: () => this.#watcher === undefined && this.#open() },
      [name],
    );
  }
}
