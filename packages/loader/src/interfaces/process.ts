import type { ChildProcess, fork } from 'node:child_process';
import { LoaderError } from '../errors.js';
import { type Answer, type Beginning, errorOf, type Request } from './messages.js';
import type { NamespaceEvents } from './namespace.js';

/**
 * A process that stays root and follows interfaces while this one gives it up. Nobody waits for its start:
 * what it is told waits in its channels.
 */
export class InterfaceProcess {
  readonly #child: ChildProcess;
  readonly #events: NamespaceEvents;
  readonly #onFailure: (error: Error) => void;
  readonly #ended: Promise<void>;
  #closed = false;

  /**
   * @param start that of node:child_process, which costs time to import
   * @param onFailure called when it ends before it is told to, or cannot follow any more
   */
  constructor(
    start: typeof fork,
    beginning: Beginning,
    events: NamespaceEvents,
    onFailure: (error: Error) => void,
  ) {
    this.#events = events;
    this.#onFailure = onFailure;
    this.#child = start(new URL('./interfaces-process.js', import.meta.url), [], {
      detached: true, // or Ctrl-C would reach it, too
      execArgv: [],
      stdio: ['pipe', 'ignore', 'inherit', 'ipc'],
    });
    this.#ended = new Promise((resolve) => {
      const end = (cause?: unknown): void => {
        this.#fail(gone(cause));
        resolve();
      };
      this.#child.once('exit', () => end());
      this.#child.once('error', end);
    });
    this.#child.on('message', (answer: Answer) => this.#take(answer));
    this.#child.stdin?.on('error', () => {}); // it has ended, which is told above
    this.#child.stdin?.end(JSON.stringify(beginning));
    // The tool's own work decides how long it lives.
    this.#child.channel?.unref();
    this.#child.unref();
  }

  /** As `InterfaceAttacher.follow()`. */
  follow(paths: readonly string[]): void {
    if (this.#child.connected) this.#child.send({ paths } satisfies Request);
  }

  /** Ends it; resolves when it has detached everything. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#child.connected) this.#child.disconnect();
    this.#child.ref();
    await this.#ended;
  }

  #take(answer: Answer): void {
    if (answer.type === 'attached') this.#events.onAttached(answer.interface);
    else if (answer.type === 'note') this.#events.onNote(answer.text);
    else if (answer.type === 'gone') this.#events.onGone(answer.path);
    else this.#fail(errorOf(answer.error));
  }

  #fail(error: Error): void {
    if (!this.#closed) this.#onFailure(error);
  }
}

function gone(cause?: unknown): LoaderError {
  return new LoaderError('INTERFACES_UNATTENDED', 'the process that attaches to interfaces ended', {
    hint: 'Something killed it, and with it the programs. Start the tool again.',
    cause,
  });
}
