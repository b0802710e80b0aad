import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';

export type Key = 'up' | 'down' | 'enter' | 'escape';

const NAMES: Readonly<Record<string, Key>> = {
  ...{ '\x1b[A': 'up', '\x1bOA': 'up', k: 'up' },
  ...{ '\x1b[B': 'down', '\x1bOB': 'down', j: 'down' },
  ...{ '\r': 'enter', '\n': 'enter', '\x1b': 'escape' },
};
const INTERRUPT = '\x03';
const SUSPEND = '\x1a';

const ESCAPE = '\x1b';
/** A sequence of escape is one key. */
const KEY = new RegExp(`${ESCAPE}[[O][0-9;]*[A-Za-z~]|[^]`, 'gu');

/** The keys that a terminal has sent. */
export const keysIn = (text: string): string[] => text.match(KEY) ?? [];

/**
 * Keys of the terminal, one by one, until `close()`, which every end of a run has to call. The terminal
 * is as it was after that, and while the process is stopped by Ctrl-Z.
 */
export class Keys {
  readonly #input: ReadStream;
  readonly #take: (text: string) => void;
  readonly #resume = (): void => void this.#input.setRawMode(true);

  /**
   * @param input a terminal
   * @param onKey called for each key that means something
   * @param onQuit q or Ctrl-C
   */
  constructor(input: ReadStream, onKey: (key: Key) => void, onQuit: () => void) {
    this.#input = input;
    this.#take = (text) => {
      for (const key of keysIn(text)) {
        const name = Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
        if (name !== undefined) onKey(name);
        else if (key === 'q' || key === INTERRUPT) onQuit();
        else if (key === SUSPEND) this.#suspend();
      }
    };
    input.setRawMode(true);
    input.setEncoding('latin1').on('data', this.#take);
    process.on('SIGCONT', this.#resume);
  }

  /** Idempotent. */
  close(): void {
    process.off('SIGCONT', this.#resume);
    this.#input.off('data', this.#take).pause();
    this.#input.setRawMode(false);
  }

  #suspend(): void {
    this.#input.setRawMode(false);
    process.kill(process.pid, 'SIGTSTP');
  }
}

/**
 * The terminal that may be read, or null: whoever reads one from the background is stopped.
 * Asked while the process is root, which opens it once more.
 */
export function keyboard(): ReadStream | null {
  if (!process.stdin.isTTY) return null;
  // Source: proc_pid_stat(5): the fields behind the name are state, ppid, pgrp, session, tty_nr, tpgid.
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === foreground ? process.stdin : null;
}
