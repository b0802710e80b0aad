import { Claims } from './claims.js';
import { type ContainerInfo, isRandomId, type Pod, type Runtime } from './container.js';
import { isAlive, type ProcessId } from './procfs.js';

/**
 * What one source says of a container. Sources know different halves (the runtime's state
 * directory knows the process, the daemon's socket knows the name) and arrive in any order.
 */
export interface Description {
  readonly id: string;
  /** containerd's namespace; two containers of different namespaces may bear one id. */
  readonly namespace?: string;
  readonly runtime: Runtime;
  readonly name?: string | null;
  readonly image?: string | null;
  readonly k8s?: Pod | null;
  /** Said by a daemon, which will also say when it removes the container. */
  readonly managed?: boolean;
}

/** A container's first process. */
export interface Process extends ProcessId {
  /** Inode of a mount namespace that is the container's own, else null. */
  readonly mntns: number | null;
}

/** A v2 cgroup that is the container's own, never one it shares with others. */
export interface Cgroup {
  readonly id: number;
  readonly path: string;
}

export type Change = 'started' | 'stopped' | 'renamed';

/** `process` is the one that started, stopped, or runs (null when none does). */
export type Listener = (change: Change, entry: Entry, process: Process | null) => void;

/** All that is known of one container. Identity of this object is identity of the container. */
export interface Entry {
  readonly key: string;
  info: ContainerInfo;
  /** Null while it does not run, as far as we know. */
  process: Process | null;
  /** Of its last run until the grace period is over. */
  cgroup: Cgroup | null;
  /** The process of its last run, against news of it that come late. */
  last: ProcessId | null;
  /** Date.now() of its end; only of use while `process` is null. */
  stoppedAt: number;
  /** Its runtime no longer knows it: forgotten after the grace period. */
  removed: boolean;
  /** A daemon keeps it, also while it does not run. */
  managed: boolean;
  readonly ranks: { name: number; image: number; k8s: number; runtime: number };
}

/**
 * Whose word counts when sources disagree: the program that users talk to, before those that it
 * delegates to.
 */
const RANK: Readonly<Record<Runtime, number>> = {
  unknown: 1,
  runc: 2,
  containerd: 3,
  cri: 4,
  podman: 5,
  docker: 6,
};

/** Events of a container are read a little after it ended; its cgroup id is never given again. */
const GRACE_MS = 30_000;
/** Ten times the pods of a large node (110), each with some dead predecessors. */
const MAX_ENTRIES = 10_000;

const sameProcess = (a: ProcessId | null, b: ProcessId): boolean =>
  a !== null && a.pid === b.pid && a.startTicks === b.startTicks;

/** The key of a container: random ids are unique, chosen ones only within their namespace. */
export const keyOf = (id: string, namespace?: string): string =>
  isRandomId(id) ? id : `${namespace ?? ''}/${id}`;

/**
 * All containers known, by id, mount namespace and cgroup. Synchronous and in memory; sources
 * write, lookups read, listeners hear of each change at once.
 */
export class Inventory {
  readonly #entries = new Map<string, Entry>();
  readonly #mntns = new Claims<Entry>();
  readonly #cgroups = new Claims<Entry>();
  readonly #listeners = new Set<Listener>();

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  byMntns(mntns: number): Entry | undefined {
    return this.#mntns.owner(mntns);
  }

  byCgroup(cgroupId: number): Entry | undefined {
    return this.#cgroups.owner(cgroupId);
  }

  /** The one container with this id, in whatever namespace, of which no cgroup is known. */
  homeless(id: string): Entry | undefined {
    const found = [...this.#entries.values()].filter((e) => e.info.id === id && e.cgroup === null);
    return found.length === 1 ? found[0] : undefined;
  }

  /** The container whose cgroup is the path or an ancestor of it. */
  byCgroupPath(path: string): Entry | undefined {
    let best: Entry | undefined;
    for (const entry of this.#entries.values()) {
      const own = entry.cgroup?.path;
      if (own === undefined || !(path === own || path.startsWith(`${own}/`))) continue;
      if (own.length > (best?.cgroup?.path.length ?? 0)) best = entry;
    }
    return best;
  }

  /** Calls back, synchronously, for each change until the returned function is called. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes in what a source knows; makes the container known if it was not. */
  describe(description: Description): Entry {
    const { id, namespace, runtime } = description;
    const key = keyOf(id, namespace);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#makeRoom();
      entry = {
        key,
        info: {
          id,
          name: isRandomId(id) ? null : id,
          image: null,
          runtime: 'unknown',
          ...(namespace === undefined ? {} : { namespace }),
          k8s: null,
          pid: null,
          mntns: null,
          cgroupId: null,
        },
        process: null,
        cgroup: null,
        last: null,
        stoppedAt: Date.now(),
        removed: false,
        managed: false,
        ranks: { name: 0, image: 0, k8s: 0, runtime: 0 },
      };
      this.#entries.set(key, entry);
    }
    if (description.managed) entry.managed = true;
    const rank = RANK[runtime];
    const { ranks, info } = entry;
    const next = { ...info, ...(namespace === undefined ? {} : { namespace }) };
    let changed = next.namespace !== info.namespace;
    const take = <K extends 'name' | 'image' | 'k8s' | 'runtime'>(
      field: K,
      value: ContainerInfo[K] | undefined,
    ): void => {
      if (value === null || value === undefined || rank < ranks[field]) return;
      ranks[field] = rank;
      if (JSON.stringify(value) === JSON.stringify(info[field])) return;
      (next as { -readonly [F in K]: ContainerInfo[F] })[field] = value;
      changed = true;
    };
    take('runtime', runtime);
    take('name', description.name);
    take('image', description.image);
    take('k8s', description.k8s);
    if (changed) {
      entry.info = next;
      this.#emit('renamed', entry, entry.process);
    }
    return entry;
  }

  /** The container's first process is there (perhaps still waiting for its start). */
  started(entry: Entry, process: Process, cgroup: Cgroup | null): void {
    if (this.#entries.get(entry.key) !== entry) return; // forgotten while its process was looked at
    if (sameProcess(entry.process, process)) {
      if (entry.process?.mntns === process.mntns && entry.cgroup?.id === cgroup?.id) return;
    } else if (entry.process === null && sameProcess(entry.last, process)) {
      return; // told late, of a process that ended since
    }
    if (process.mntns !== null && !this.#prevails(entry, process, process.mntns)) return;
    if (cgroup !== null) this.#supplant(entry, cgroup);
    this.stopped(entry);
    this.#cgroups.deleteAll(entry);
    entry.process = process;
    entry.last = process;
    entry.removed = false;
    entry.info = { ...entry.info, pid: process.pid, mntns: process.mntns, cgroupId: null };
    if (process.mntns !== null) this.#mntns.add(process.mntns, entry);
    this.#setCgroup(entry, cgroup);
    this.#emit('started', entry, process);
  }

  /** The same container, known before by its cgroup alone, and therefore under another key. */
  #supplant(entry: Entry, cgroup: Cgroup): void {
    for (const other of this.#cgroups.claimants(cgroup.id)) {
      const isSame = other !== entry && other.info.id === entry.info.id;
      if (isSame && other.ranks.runtime < entry.ranks.runtime) this.#forget(other);
    }
  }

  /** Clears the way for a container's process, or says that another is known to have it. */
  #prevails(entry: Entry, process: ProcessId, mntns: number): boolean {
    for (const other of this.#mntns.claimants(mntns)) {
      if (other === entry || other.process === null) continue;
      if (sameProcess(other.process, process)) {
        // One container under two keys: a state directory may not tell the namespace.
        if (other.ranks.runtime >= entry.ranks.runtime) return false;
        this.#forget(other);
      } else if (!isAlive(other.process)) {
        // The number of a mount namespace is free again once its container is dead, of whose
        // end we may not have been told.
        this.stopped(other);
      }
    }
    return true;
  }

  /** A container of which only the cgroup is known has it here. */
  located(entry: Entry, cgroup: Cgroup): void {
    if (entry.cgroup === null) this.#setCgroup(entry, cgroup);
  }

  /** Also the cgroup with this id belongs to the container: a child of its own. */
  adopt(entry: Entry, cgroupId: number): void {
    if (entry.cgroup !== null) this.#cgroups.add(cgroupId, entry);
  }

  /** Its runtime says that it ended; its next process may already be here, which stays. */
  ended(entry: Entry): void {
    if (entry.process !== null && !isAlive(entry.process)) this.stopped(entry);
  }

  /**
   * The container does not run. Its cgroups stay known for a while; its mount namespace does
   * not, because the kernel gives the number out again.
   */
  stopped(entry: Entry): void {
    const { process } = entry;
    if (process === null) return;
    entry.process = null;
    entry.stoppedAt = Date.now();
    if (process.mntns !== null) this.#mntns.delete(process.mntns, entry);
    entry.info = { ...entry.info, pid: null, mntns: null };
    this.#emit('stopped', entry, process);
  }

  /** The runtime removed the container; it is forgotten once the grace period is over. */
  removed(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.removed = true;
    this.stopped(entry);
    if (entry.cgroup === null) this.#forget(entry);
  }

  /** Ends the grace of those that stopped long ago; finds those that died unreported. */
  sweep(now = Date.now()): void {
    for (const entry of this.#entries.values()) {
      if (entry.process !== null) {
        if (!isAlive(entry.process)) this.stopped(entry);
      } else if (now - entry.stoppedAt > GRACE_MS) {
        if (entry.removed) this.#forget(entry);
        else if (entry.last !== null && entry.cgroup !== null) this.#setCgroup(entry, null);
      }
    }
  }

  #setCgroup(entry: Entry, cgroup: Cgroup | null): void {
    this.#cgroups.deleteAll(entry);
    entry.cgroup = cgroup;
    entry.info = { ...entry.info, cgroupId: cgroup === null ? null : BigInt(cgroup.id) };
    if (cgroup !== null) this.#cgroups.add(cgroup.id, entry);
  }

  #makeRoom(): void {
    if (this.#entries.size < MAX_ENTRIES) return;
    for (const entry of this.#entries.values()) {
      // Maps keep insertion order: the first that does not run is the longest known of them.
      if (entry.process === null) return this.#forget(entry);
    }
    const oldest = this.#entries.values().next().value;
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(entry: Entry): void {
    this.stopped(entry);
    this.#cgroups.deleteAll(entry);
    this.#entries.delete(entry.key);
  }

  #emit(change: Change, entry: Entry, process: Process | null): void {
    for (const listener of this.#listeners) listener(change, entry, process);
  }
}
