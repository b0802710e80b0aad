import { type Attacher, ownCgroup } from './attach.js';
import { type CgroupTree, containerInPath } from './cgroups.js';
import type { Runtime } from './container.js';
import type { Entry, Inventory } from './inventory.js';
import { isNamespaceInit, processFacts } from './procfs.js';

/** Cgroups waiting to be looked up; more wait for their next event instead. */
const MAX_WANTED = 512;
/** Cgroups known to be no container's. Beyond this the oldest are asked about again. */
const MAX_HOST = 4096;
/** How many processes of a cgroup are looked at to find the first of its pid namespace. */
const MAX_PROCESSES = 16;
/** At most one walk of the hierarchy in this time; each costs about 50 microseconds a cgroup. */
const SEARCH_EVERY_MS = 1000;

/** A container that its cgroup's name tells of. */
export interface Located {
  readonly entry: Entry;
  /** Settles when its first process has been looked for. */
  readonly attached: Promise<void>;
}

/**
 * Finds out, behind the back of the events, whose a cgroup is that no runtime told of: the child
 * of a container's cgroup, a container of a silent runtime (its id stands in the path), or
 * nobody's. The next event of that cgroup then has its answer at hand.
 */
export class Resolver {
  readonly #inventory: Inventory;
  readonly #attacher: Attacher;
  readonly #tree: CgroupTree;
  /** Ids to be looked up, each with a process seen in it (0: none). */
  readonly #wanted = new Map<number, number>();
  readonly #host = new Map<number, string>();
  /** Cgroups that were there when we came. */
  readonly #old = new Set<number>();
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(inventory: Inventory, attacher: Attacher, tree: CgroupTree) {
    this.#inventory = inventory;
    this.#attacher = attacher;
    this.#tree = tree;
    inventory.onChange((change, entry) => {
      const own = entry.cgroup?.path;
      if (change !== 'started' || own === undefined) return;
      // Children of a cgroup may have been looked up before it was known for a container's.
      for (const [id, path] of this.#host) {
        if (path === own || path.startsWith(`${own}/`)) this.#host.delete(id);
      }
    });
  }

  /** Asks about a cgroup, in the background. Cheap when it was asked before. */
  want(cgroupId: number, pid = 0): void {
    if (this.#closed || this.#tree.mount === null || this.#host.has(cgroupId)) return;
    if (this.#wanted.size >= MAX_WANTED || this.#wanted.has(cgroupId)) return;
    this.#wanted.set(cgroupId, pid);
    if (this.#running || this.#timer !== undefined) return;
    // Off the event's path, and many events of one batch are one walk.
    this.#timer = setTimeout(() => this.#work(), 0).unref();
  }

  /** Was this cgroup there when we came? What it is, is known then. */
  isOld(cgroupId: number): boolean {
    return this.#old.has(cgroupId);
  }

  /** The path of a cgroup that is no known container's, when it has been looked up. */
  pathOf(cgroupId: number): string | undefined {
    return this.#host.get(cgroupId) || undefined;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #work(): Promise<void> {
    this.#timer = undefined;
    this.#running = true;
    const batch = new Map(this.#wanted);
    const found = this.#byProcess(batch);
    const rest = new Set([...batch.keys()].filter((id) => !found.has(id)));
    if (rest.size > 0) await this.#search(rest, found);
    for (const id of batch.keys()) {
      this.#wanted.delete(id);
      await this.#settle(id, found.get(id));
    }
    this.#running = false;
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#wanted.size > 0) this.#work();
    }, SEARCH_EVERY_MS).unref();
  }

  /** A process that is still in the cgroup tells its path; the id proves that it is this one. */
  #byProcess(batch: ReadonlyMap<number, number>): Map<number, string> {
    const found = new Map<number, string>();
    for (const [id, pid] of batch) {
      const told = pid === 0 ? undefined : processFacts(pid)?.cgroups.get('');
      const path = told && this.#tree.absolute(told);
      if (path !== undefined && this.#tree.idOf(path) === id) found.set(id, path);
    }
    return found;
  }

  /**
   * Paths of the wanted ids by walking the hierarchy: the kernel's way from an id to its path
   * (open_by_handle_at) is not open to JavaScript.
   */
  async #search(wanted: Set<number>, found: Map<number, string>): Promise<void> {
    for await (const { id, path } of this.#tree.walk()) {
      if (wanted.delete(id)) found.set(id, path);
      if (wanted.size === 0) return;
    }
  }

  async #settle(id: number, path: string | undefined): Promise<void> {
    if (path === undefined) return this.#markHost(id, ''); // gone: nobody can tell any more
    const located = this.#inventory.byCgroupPath(path) ? undefined : this.#locateByPath(path);
    await located?.attached;
    const entry = this.#inventory.byCgroupPath(path);
    if (entry === undefined) return this.#markHost(id, path);
    this.#inventory.adopt(entry, id);
  }

  /**
   * Makes a container known of which only the cgroup's name tells; its first process is looked for in
   * the background.
   *
   * @param cgroupId of the path, when it may be gone
   */
  locate(
    path: string,
    named: { id: string; runtime: Runtime },
    cgroupId?: number,
  ): Located | undefined {
    const own = ownCgroup(path, named.id);
    if (!own) return undefined;
    const id = own === path && cgroupId !== undefined ? cgroupId : this.#tree.idOf(own);
    if (id === null) return undefined;
    const entry = this.#inventory.homeless(named.id) ?? this.#inventory.describe(named);
    this.#inventory.located(entry, { id, path: own });
    return { entry, attached: this.#findFirst(entry, path) };
  }

  /** A first process in the container's own cgroup is the container's. */
  async #findFirst(entry: Entry, path: string): Promise<void> {
    for (const pid of (await this.#tree.processes(path)).slice(0, MAX_PROCESSES)) {
      if (!isNamespaceInit(pid) || entry.process !== null) continue;
      const confirm = async () => (await this.#tree.processes(path)).includes(pid);
      if (await this.#attacher.attach(entry, { pid, confirm })) break;
    }
  }

  #locateByPath(path: string): Located | undefined {
    const named = containerInPath(path);
    return named === null ? undefined : this.locate(path, named);
  }

  /** Finds the containers that exist now and whose cgroups bear their ids. */
  async survey(): Promise<void> {
    for await (const { id, path } of this.#tree.walk()) {
      if (this.#closed) return;
      this.#old.add(id);
      if (this.#inventory.byCgroupPath(path) === undefined)
        await this.#locateByPath(path)?.attached;
    }
  }

  #markHost(id: number, path: string): void {
    if (this.#host.size >= MAX_HOST) {
      const [oldest] = this.#host.keys();
      if (oldest !== undefined) this.#host.delete(oldest);
    }
    this.#host.set(id, path);
  }
}
