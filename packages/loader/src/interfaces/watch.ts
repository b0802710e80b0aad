import type { ChildProcess } from 'node:child_process';
import { LoaderError } from '../errors.js';
import { InterfaceAttacher, type InterfacePlan } from './attacher.js';
import { type Answer, errorOf, type Request } from './messages.js';
import type { AttachedInterface } from './namespace.js';

/** Programs on interfaces, as long as it is open. */
export interface InterfaceWatch {
  /** Interfaces that programs were attached to, those that are gone included; the latest last. */
  readonly interfaces: Iterable<AttachedInterface>;
  /** The latest name of one of them. */
  nameOf(netns: number, index: number): string | undefined;
  /** What could not be attached and why, for `-v`. */
  readonly notes: readonly string[];
  /** Makes these the namespaces that are followed, as paths; see `InterfaceAttacher.follow()`. */
  follow(paths: readonly string[]): void;
  /** Detaches everything; then nothing is counted any more. Idempotent. */
  close(): Promise<void>;
}

/** Follows interfaces from this process, which has to stay root for it. */
export function watchInterfaces(plan: InterfacePlan, paths: readonly string[]): InterfaceWatch {
  const log = new Log();
  const attacher = new InterfaceAttacher(plan, log);
  try {
    attacher.begin(paths);
  } catch (error) {
    attacher.close();
    throw error;
  }
  return {
    get interfaces() {
      return log.interfaces.values();
    },
    nameOf: log.nameOf.bind(log),
    notes: log.notes,
    follow: (each) => attacher.follow(each),
    close: async () => attacher.close(),
  };
}

/** Interfaces that have been attached to, and notes; bounded, since machines run for months. */
class Log {
  readonly interfaces = new Map<string, AttachedInterface>();
  readonly notes: string[] = [];

  onAttached(each: AttachedInterface): void {
    const key = `${each.netns} ${each.index}`;
    this.interfaces.delete(key);
    const [oldest] = this.interfaces.keys();
    if (oldest !== undefined && this.interfaces.size >= MOST_INTERFACES)
      this.interfaces.delete(oldest);
    this.interfaces.set(key, each);
  }

  nameOf(netns: number, index: number): string | undefined {
    return this.interfaces.get(`${netns} ${index}`)?.name;
  }

  onNote(text: string): void {
    if (this.notes.length < MOST_NOTES) this.notes.push(text);
  }
}

const MOST_INTERFACES = 16_384;
const MOST_NOTES = 100;

/**
 * A process that stays root and follows interfaces while this one gives it up. Made early, because a
 * start of Node takes as long as loading the programs does: both happen at once.
 */
export class InterfaceProcess implements InterfaceWatch {
  readonly #child: ChildProcess;
  readonly #log = new Log();
  readonly #onFailure: (error: Error) => void;
  readonly #ended: Promise<void>;
  #closed = false;
  #answered: { resolve(): void; reject(error: Error): void } | undefined;

  private constructor(child: ChildProcess, onFailure: (error: Error) => void) {
    this.#child = child;
    this.#onFailure = onFailure;
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        if (!this.#closed) this.#fail(gone());
        resolve();
      });
    });
    child.on('message', (answer: Answer) => this.#take(answer));
  }

  /** @param onFailure called when it ends before it is told to, or cannot follow any more */
  static async start(onFailure: (error: Error) => void): Promise<InterfaceProcess> {
    const { fork } = await import('node:child_process');
    const child = fork(new URL('./interfaces-process.js', import.meta.url), [], {
      detached: true, // or Ctrl-C would reach it, too
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    return new InterfaceProcess(child, onFailure);
  }

  /** Attaches; to be called once, before `follow()`. */
  async begin(plan: InterfacePlan, paths: readonly string[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#send({ type: 'begin', plan, paths });
    });
    this.#answered = undefined;
    // The tool's own work decides how long it lives.
    this.#child.channel?.unref();
    this.#child.unref();
  }

  get interfaces(): Iterable<AttachedInterface> {
    return this.#log.interfaces.values();
  }

  nameOf(netns: number, index: number): string | undefined {
    return this.#log.nameOf(netns, index);
  }

  get notes(): readonly string[] {
    return this.#log.notes;
  }

  follow(paths: readonly string[]): void {
    this.#send({ type: 'follow', paths });
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#child.connected) this.#child.disconnect();
    this.#child.ref();
    await this.#ended;
  }

  #send(request: Request): void {
    if (this.#child.connected) this.#child.send(request);
  }

  #take(answer: Answer): void {
    if (answer.type === 'attached') this.#log.onAttached(answer.interface);
    else if (answer.type === 'note') this.#log.onNote(answer.text);
    else if (answer.type === 'ready') this.#answered?.resolve();
    else this.#fail(errorOf(answer.error));
  }

  #fail(error: Error): void {
    if (this.#answered !== undefined) this.#answered.reject(error);
    else if (!this.#closed) this.#onFailure(error);
  }
}

function gone(): LoaderError {
  return new LoaderError('INTERFACES_UNATTENDED', 'the process that attaches to interfaces ended', {
    hint: 'Something killed it, and with it the programs. Start the tool again.',
  });
}
