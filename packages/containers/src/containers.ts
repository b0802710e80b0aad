import { Attacher } from './attach.js';
import { CgroupWatch } from './cgroup-watch.js';
import { CgroupTree } from './cgroups.js';
import { type ContainerInfo, type ContainerJson, NO_CONTAINER, renderJson } from './container.js';
import { ContainersError } from './errors.js';
import { Finder } from './finder.js';
import { type Entry, Inventory } from './inventory.js';
import { Newcomers } from './newcomers.js';
import { seesHostProcesses } from './procfs.js';
import { Resolver } from './resolver.js';
import { Selection, type SelectOptions } from './selection.js';
import { namesIn, parseSelector, type Selector } from './selector.js';
import { type RuntimeSocket, Sockets } from './sockets.js';
import type { Source, SourceContext } from './sources/source.js';
import { DEFAULT_STATE_DIRS, type StateDir, StateDirs } from './sources/state-dirs.js';

/** How often the deaths that nobody reported are looked for. */
const SWEEP_MS = 2000;
/** A runtime that has not listed its containers by then is reported and not waited for. */
const READY_MS = 3000;

/** Texts differ by socket, directory and reason, so there are few; this is a bound, not a limit. */
const MAX_NOTES = 100;

const NO_HOST_PIDS =
  'this process does not see those of the host, by which containers are found: docker run --pid=host, in a pod hostPID: true';

export interface ContainersOptions {
  /**
   * Runtime sockets to talk to; default: those that DOCKER_HOST, CONTAINER_HOST, CONTAINERD_ADDRESS
   * and CONTAINER_RUNTIME_ENDPOINT name, and `DEFAULT_SOCKETS`, as far as they exist or appear.
   */
  readonly sockets?: readonly RuntimeSocket[];
  /** State directories of low-level runtimes; default: `DEFAULT_STATE_DIRS`. */
  readonly stateDirs?: readonly StateDir[];
}

/**
 * Whose process is this. One per program; `close()` it.
 *
 * ```ts
 * const containers = await Containers.open();
 * const container = containers.lookup(mntns, cgroupId); // null, or { id, name, image, ... }
 * ```
 */
export class Containers {
  /** Settles once all containers that ran at the start are known; never fails. */
  readonly ready: Promise<void>;
  readonly #inventory = new Inventory();
  readonly #json = new WeakMap<ContainerInfo, ContainerJson>();
  readonly #resolver: Resolver;
  readonly #finder: Finder;
  readonly #cgroups: CgroupWatch;
  readonly #newcomers: Newcomers;
  readonly #sources: Source[];
  readonly #sweep: NodeJS.Timeout;
  readonly #notes = new Set<string>();
  readonly #selections = new Set<Selection>();
  #closed = false;

  private constructor({ sockets, stateDirs }: ContainersOptions) {
    const tree = CgroupTree.system();
    const attacher = new Attacher(this.#inventory, tree);
    const context: SourceContext = {
      inventory: this.#inventory,
      attacher,
      note: (text) => void (this.#notes.size < MAX_NOTES && this.#notes.add(text)),
    };
    if (!seesHostProcesses()) context.note(NO_HOST_PIDS);
    this.#resolver = new Resolver(this.#inventory, attacher, tree);
    this.#newcomers = new Newcomers(this.#inventory, attacher, tree);
    this.#cgroups = new CgroupWatch(tree, (id, path) => this.#newcomers.look(id, path));
    this.#finder = new Finder(this.#inventory, attacher, this.#resolver, tree, this.#cgroups);
    this.#sources = [
      new StateDirs(context, stateDirs ?? DEFAULT_STATE_DIRS, tree.mount),
      new Sockets(context, sockets),
    ];
    this.#sweep = setInterval(() => this.#inventory.sweep(), SWEEP_MS).unref();
    this.ready = this.#awaitSources(context);
  }

  /**
   * Starts to learn, in the background: returns at once, before anything is known, so that a
   * tool can attach meanwhile. Await `ready`, or `select()`, where names are needed.
   *
   * Give up root only when `ready` has settled: the connections that are there by then go on
   * working, and the mount namespaces of the containers that run have been seen.
   */
  static async open(options: ContainersOptions = {}): Promise<Containers> {
    return new Containers(options);
  }

  /**
   * The container of a process, or null when it is in none or in none that is known.
   * Synchronous, from memory, about 0.03 microseconds; an unknown cgroup is looked up in the
   * background, for its next event.
   *
   * @param mntns inode number of the process's mount namespace
   * @param cgroupId its v2 cgroup; a number is as good, since the kernel counts cgroups from 1
   *   and 2^53 of them are never made
   * @param pid the process, when at hand: helps to resolve an unknown cgroup while it lives
   */
  lookup(mntns: number, cgroupId: bigint | number, pid?: number): ContainerInfo | null {
    return this.#find(mntns, Number(cgroupId), pid)?.info ?? null;
  }

  /** As `lookup()`, but the JSON values of the fields `container` and `k8s`; do not change them. */
  json(mntns: number, cgroupId: bigint | number, pid?: number): ContainerJson {
    const info = this.#find(mntns, Number(cgroupId), pid)?.info;
    if (info === undefined) return NO_CONTAINER;
    let json = this.#json.get(info);
    if (json === undefined) {
      json = renderJson(info);
      this.#json.set(info, json);
    }
    return json;
  }

  /** All containers that run now. */
  list(): ContainerInfo[] {
    return [...this.#inventory.entries()].filter((e) => e.process !== null).map((e) => e.info);
  }

  /** What could not be asked and why, for `-v`: a socket that refuses, a directory closed to us. */
  notes(): string[] {
    return [...this.#notes];
  }

  /**
   * Resolves names to the keys that a filter in the kernel takes, and follows: containers that
   * match and start later are added, before they run as far as their runtime lets us see that
   * (README, "Cost"), those that stop are removed. `judge()` of the selection decides about events
   * that came before their container was known.
   *
   * Throws CONTAINER_SELECTOR_INVALID, CONTAINER_AMBIGUOUS (an id prefix of several), and unless
   * `wait` is set CONTAINER_NOT_FOUND (a name that no running container has), before anything is
   * reported. The caller closes the selection.
   */
  async select(selector: Selector, options: SelectOptions = {}): Promise<Selection> {
    const rules = parseSelector(selector);
    this.#newcomers.expect(namesIn(rules));
    this.#cgroups.start();
    await this.ready;
    if (this.#closed) {
      throw new ContainersError('CONTAINERS_CLOSED', 'select containers: already closed', {
        hint: 'Close containers after the last use.',
      });
    }
    const selection = new Selection(this.#inventory, rules, {
      ...options,
      find: (owner, names) => this.#finder.find(owner, names),
      notes: this.notes(),
      closed: () => this.#selections.delete(selection),
    });
    this.#selections.add(selection);
    return selection;
  }

  /** Ends all connections, watches and selections; later lookups give null. Idempotent. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const selection of this.#selections) selection.close();
    for (const source of this.#sources) source.close();
    this.#cgroups.close();
    this.#newcomers.close();
    this.#resolver.close();
  }

  [Symbol.dispose ?? Symbol.for('nodejs.dispose')](): void {
    this.close();
  }

  #find(mntns: number, cgroupId: number, pid?: number): Entry | undefined {
    if (this.#closed) return undefined;
    // The cgroup first: its id is never given twice, and it tells of the dead as well.
    const entry = this.#inventory.byCgroup(cgroupId);
    if (entry !== undefined) return entry;
    const mounted = this.#inventory.byMntns(mntns);
    if (mounted === undefined) this.#resolver.want(cgroupId, pid);
    return mounted;
  }

  async #awaitSources({ note }: SourceContext): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        note(`a container runtime did not list its containers within ${READY_MS / 1000} s`);
        resolve();
      }, READY_MS).unref();
    });
    const known = [...this.#sources.map((source) => source.ready), this.#resolver.survey()];
    await Promise.race([Promise.all(known), late]);
    clearTimeout(timer);
  }
}
