import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Attacher } from './attach.js';
import type { CgroupTree } from './cgroups.js';
import type { Entry, Inventory } from './inventory.js';
import { commandOf, nameOf, parentOf } from './procfs.js';

/** When a new cgroup is looked at for the process that a runtime puts into it, in milliseconds. */
const LOOKS_MS = [0, 2, 5, 10, 20, 40, 80];
/** By then it is in namespaces of its own; until then its cgroup tells of it. */
const ATTACH_MS = 100;
/** What runc calls processes that end when the container's first one is ready. */
const STAGE = /^runc:\[[01]:/;
const RUNTIMES: ReadonlySet<string> = new Set(['runc', 'crun']);
/** Their commands that make a container; its id is the last word. */
const CREATING: ReadonlySet<string> = new Set(['create', 'run', 'restore']);

/**
 * Containers of plain runc by the command that creates them: it names the id and is the parent of
 * the container's first process, which it has just put into a new cgroup. Its state directory, which
 * tells the same, is closed to whoever has given up root.
 */
export class Newcomers {
  readonly #inventory: Inventory;
  readonly #attacher: Attacher;
  readonly #tree: CgroupTree;
  readonly #names = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(inventory: Inventory, attacher: Attacher, tree: CgroupTree) {
    this.#inventory = inventory;
    this.#attacher = attacher;
    this.#tree = tree;
  }

  /** From now on containers with these ids are looked for; any other word could be anything. */
  expect(names: Iterable<string>): void {
    for (const name of names) this.#names.add(name);
  }

  /** A cgroup was made. */
  look(id: number, path: string, attempt = 0): void {
    const wait = LOOKS_MS[attempt];
    if (wait === undefined || this.#names.size === 0) return;
    this.#later(wait, async () => {
      const [pid] = await this.#tree.processes(path);
      if (pid === undefined) this.look(id, path, attempt + 1);
      else this.#take(id, path, pid);
    });
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #take(cgroupId: number, path: string, pid: number): void {
    const id = createdBy(parentOf(pid), this.#names);
    if (id === undefined || this.#inventory.byCgroup(cgroupId) !== undefined) return;
    const entry = this.#inventory.homeless(id) ?? this.#inventory.describe({ id, runtime: 'runc' });
    this.#inventory.located(entry, { id: cgroupId, path });
    this.#attach(entry, path, pid);
  }

  #attach(entry: Entry, path: string, pid: number): void {
    this.#later(ATTACH_MS, () => {
      if (entry.process !== null) return; // its state directory is open to us and told
      if (STAGE.test(nameOf(pid) ?? '')) return this.#attach(entry, path, pid);
      const confirm = async () => (await this.#tree.processes(path)).includes(pid);
      void this.#attacher.attach(entry, { pid, cgroupPath: path, confirm });
    });
  }

  #later(ms: number, act: () => unknown): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms).unref();
    this.#timers.add(timer);
  }
}

/** The container that a process creates: a runtime that root runs, with an id that is asked for. */
function createdBy(pid: number | null, names: ReadonlySet<string>): string | undefined {
  if (pid === null || statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid !== 0)
    return undefined;
  const [program = '', ...words] = commandOf(pid);
  const id = words.at(-1);
  const creates = RUNTIMES.has(basename(program)) && words.some((word) => CREATING.has(word));
  return creates && id !== undefined && names.has(id) ? id : undefined;
}
