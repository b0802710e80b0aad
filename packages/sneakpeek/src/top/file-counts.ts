import { type ChildProcess, fork } from 'node:child_process';
import type { CountedFiles } from './file-passes.js';

/** Counts of changed files, made by a process of its own that stays root. */
export class FileCounts {
  readonly #child: ChildProcess;
  readonly #counted = new Map<string, CountedFiles>();
  readonly #onNews: () => void;

  /** @param onNews something was counted */
  constructor(onNews: () => void) {
    this.#onNews = onNews;
    this.#child = fork(new URL('./files-process.js', import.meta.url), [], {
      detached: true, // or Ctrl-C would reach it, too
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (counted: CountedFiles) => {
      this.#counted.set(counted.id, counted);
      this.#onNews();
    });
    // What it has not counted is unknown, and shown so.
    this.#child.on('error', () => this.#counted.clear());
    this.#child.on('exit', () => this.#counted.clear());
    this.#child.channel?.unref();
    this.#child.unref();
  }

  /** What is known of a container; undefined until it was counted. */
  of(id: string): CountedFiles | undefined {
    return this.#counted.get(id);
  }

  /** Forgets containers that are not there any more. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#counted.keys()) if (!ids.has(id)) this.#counted.delete(id);
  }

  /** From now on the newest changes of this container are told; null: of none. */
  lookInto(id: string | null): void {
    if (this.#child.connected) this.#child.send(id ?? 0, () => {});
  }

  /** Ends it. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
