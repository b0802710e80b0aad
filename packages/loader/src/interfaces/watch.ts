import { InterfaceAttacher, type InterfacePlan } from './attacher.js';
import type { AttachedInterface } from './namespace.js';
import { InterfaceProcess } from './process.js';

/** Programs on interfaces of some network namespaces, as long as it is open. */
export class InterfaceWatch {
  readonly #plan: InterfacePlan;
  readonly #attached = new Map<string, AttachedInterface>();
  readonly #attacher: InterfaceAttacher;
  #paths: readonly string[];
  #process: InterfaceProcess | undefined;
  /** What could not be attached and why, for `-v`. */
  readonly notes: string[] = [];

  /**
   * Attaches to what is there, and follows it from this process, which has to stay root for it.
   *
   * @throws UsageError `NETNS_NOT_FOUND`, `INTERFACE_NOT_FOUND`; BpfError
   */
  constructor(plan: InterfacePlan, paths: readonly string[]) {
    this.#plan = plan;
    this.#paths = paths;
    this.#attacher = new InterfaceAttacher(plan, {
      onAttached: (each) => this.#add(each),
      onNote: (text) => this.#note(text),
      onGone: () => {},
    });
    try {
      this.#attacher.begin(paths);
    } catch (error) {
      this.#attacher.close();
      throw error;
    }
  }

  /**
   * Starts a process that stays root and does from now on what needs it: attach to interfaces that appear,
   * take down filters of clsact. As soon as this resolves, which is long before that process runs, this one
   * may give root up. The loopback interface of namespaces that are given once and for all needs nobody.
   *
   * @param isFixed `follow()` will not be called
   * @param onFailure called when that process ends before it is told to, or cannot follow any more
   */
  async handOver(isFixed: boolean, onFailure: (error: Error) => void): Promise<void> {
    const { kind, names } = this.#plan;
    const isLoopback = names.length > 0 && names.every((name) => name === 'lo');
    if (isFixed && isLoopback && kind === 'tcx') {
      this.#attacher.release();
      return;
    }
    const { fork } = await import('node:child_process');
    const held = this.#attacher.interfaces;
    this.#process = new InterfaceProcess(
      fork,
      { plan: this.#plan, paths: this.#paths, held },
      {
        onAttached: (each) => this.#add(each),
        onNote: (text) => this.#note(text),
        onGone: (path) => this.#keep(this.#paths.filter((each) => each !== path)),
      },
      onFailure,
    );
    this.#attacher.release();
  }

  /** Interfaces that programs were attached to, those that are gone included; the latest last. */
  get interfaces(): Iterable<AttachedInterface> {
    return this.#attached.values();
  }

  /** The latest name of one of them. */
  nameOf(netns: number, index: number): string | undefined {
    return this.#attached.get(`${netns} ${index}`)?.name;
  }

  /** Makes these the namespaces that are followed, as paths; see `InterfaceAttacher.follow()`. */
  follow(paths: readonly string[]): void {
    this.#keep(paths);
    this.#process?.follow(paths);
  }

  /** Detaches everything; then nothing is counted any more. Idempotent. */
  async close(): Promise<void> {
    this.#attacher.close();
    await this.#process?.close();
  }

  #keep(paths: readonly string[]): void {
    this.#paths = paths;
    this.#attacher.follow(paths);
  }

  /** Bounded, as notes are, since machines run for months. */
  #add(each: AttachedInterface): void {
    const key = `${each.netns} ${each.index}`;
    this.#attached.delete(key);
    const [oldest] = this.#attached.keys();
    if (oldest !== undefined && this.#attached.size >= MOST_INTERFACES)
      this.#attached.delete(oldest);
    this.#attached.set(key, each);
  }

  #note(text: string): void {
    if (this.notes.length < MOST_NOTES) this.notes.push(text);
  }
}

const MOST_INTERFACES = 16_384;
const MOST_NOTES = 100;
