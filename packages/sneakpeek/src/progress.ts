import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

const FIRST_MS = 700;
const EVERY_MS = 200;

/**
 * One line on the terminal behind stderr that tells how far a long command is. Nothing where stderr is
 * no terminal, where rows go to the same terminal, or for a command that is quick.
 */
export class Progress {
  readonly #name: string;
  readonly #isOn: boolean;
  #nextMs = performance.now() + FIRST_MS;
  #isShown = false;

  constructor(name: string, quiet: boolean) {
    this.#name = name;
    this.#isOn = !quiet && isatty(2) && !isatty(1);
  }

  show(text: string): void {
    const nowMs = performance.now();
    if (!this.#isOn || nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + EVERY_MS;
    this.#isShown = true;
    writeSync(2, `\r\x1b[K${this.#name}: ${text}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) writeSync(2, '\r\x1b[K');
    this.#isShown = false;
  }
}
