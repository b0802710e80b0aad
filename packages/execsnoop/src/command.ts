import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';

/** Waits for a line on descriptor 3 and becomes the command; ends when there will be none. */
const WAIT = 'read -r _ <&3 || exit; exec 3<&-; exec "$@"';

/** A command that waits to be started, with the standard streams of this process. */
export class Command {
  readonly pid: number;
  /** Settles when the command has ended. */
  readonly ended: Promise<void>;
  readonly #gate: Writable;
  #exitCode: number | undefined;

  private constructor(child: ChildProcess, pid: number) {
    this.pid = pid;
    this.#gate = child.stdio[3] as Writable;
    this.#gate.on('error', () => {}); // it was killed while it waited
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
        resolve();
      });
    });
  }

  /** @throws the system's error when no process can be made */
  static async prepare(words: readonly string[]): Promise<Command> {
    const child = spawn('/bin/sh', ['-c', WAIT, 'sh', ...words], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return new Command(child, child.pid as number);
  }

  /** Lets it run. */
  start(): void {
    this.#gate.end('\n');
  }

  /** It ends without having run, unless it runs already. Idempotent. */
  abandon(): void {
    this.#gate.destroy();
  }

  /** As a shell tells it, 128 more than the signal's number for a killed one; undefined while it runs. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }
}
