import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** How often a directory is read where the kernel gives us no watch (limits reached). */
const POLL_MS = 1000;

/** What to call when entries of the directory come and go. */
export interface DirectoryListener {
  appeared(name: string): void;
  vanished?(name: string): void;
}

/**
 * Follows the entries of a directory that may not exist yet, may vanish and may come back.
 * Reports those present at once and later ones as inotify tells. All reads are synchronous:
 * these are small directories in memory, and a new container is wanted before it starts.
 */
export class DirectoryWatch {
  readonly #path: string;
  readonly #listener: DirectoryListener;
  readonly #known = new Map<string, number>();
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #parent: DirectoryWatch | undefined;
  #closed = false;

  constructor(path: string, listener: DirectoryListener) {
    this.#path = path;
    this.#listener = listener;
    this.#open();
  }

  /** Names present now. */
  get names(): Iterable<string> {
    return this.#known.keys();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#parent?.close();
  }

  #open(): void {
    try {
      this.#watcher = watch(this.#path, { persistent: false }, (_, name) =>
        name === null ? this.#read() : this.#look(name),
      );
      this.#watcher.on('error', () => this.#lost());
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return this.#awaitCreation();
      this.#poll = setInterval(() => this.#read(), POLL_MS).unref();
    }
    this.#read();
  }

  #read(): void {
    if (this.#closed) return;
    let names: string[];
    try {
      names = readdirSync(this.#path);
    } catch {
      return this.#lost();
    }
    for (const name of this.#known.keys()) {
      if (!names.includes(name)) this.#forget(name);
    }
    for (const name of names) this.#look(name);
  }

  #look(name: string): void {
    if (this.#closed) return;
    const inode = this.#inode(name);
    const known = this.#known.get(name);
    if (inode === undefined) {
      // The end of the directory itself comes under its own name.
      if (known === undefined) return this.#exists() ? undefined : this.#lost();
      return this.#forget(name);
    }
    if (inode === known) return;
    // The same name with another inode was replaced between two looks.
    if (known !== undefined) this.#forget(name);
    this.#known.set(name, inode);
    this.#listener.appeared(name);
  }

  #exists(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false }) !== undefined;
  }

  #inode(name: string): number | undefined {
    try {
      return statSync(join(this.#path, name)).ino;
    } catch {
      return undefined;
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
    this.#parent = new DirectoryWatch(parent, {
      appeared: (appeared) => {
        if (appeared !== name || this.#watcher !== undefined) return;
        this.#open();
      },
    });
  }
}
