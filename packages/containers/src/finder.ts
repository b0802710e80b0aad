import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Attacher, chosenId } from './attach.js';
import type { CgroupWatch, MadeCgroup } from './cgroup-watch.js';
import { type CgroupTree, containerInPath } from './cgroups.js';
import type { Entry, Inventory } from './inventory.js';
import { cgroupsOf } from './procfs.js';
import type { Resolver } from './resolver.js';

/** Of whom an event is, as the kernel tells it. */
export interface Owner {
  readonly mntns: number;
  readonly cgroupId: number;
  /** A process of it, which may have ended. */
  readonly pid: number;
}

/** An owner's container; `null`: none; `undefined`: not known yet. */
export type Found = Entry | null | undefined;

/**
 * Whose an event is, when it comes: possibly before any runtime has told of the container. What is
 * asked is open to everybody, since root has been given up by then.
 */
export class Finder {
  readonly #inventory: Inventory;
  readonly #attacher: Attacher;
  readonly #resolver: Resolver;
  readonly #tree: CgroupTree;
  readonly #watch: CgroupWatch;

  constructor(
    inventory: Inventory,
    attacher: Attacher,
    resolver: Resolver,
    tree: CgroupTree,
    watch: CgroupWatch,
  ) {
    this.#inventory = inventory;
    this.#attacher = attacher;
    this.#resolver = resolver;
    this.#tree = tree;
    this.#watch = watch;
  }

  /** @param names those that somebody may have chosen for a container's id */
  find(owner: Owner, names: ReadonlySet<string>): Found {
    const { mntns, cgroupId, pid } = owner;
    const isHosts = this.#attacher.isHosts(mntns);
    const known =
      this.#inventory.byCgroup(cgroupId) ?? (isHosts ? undefined : this.#inventory.byMntns(mntns));
    if (known !== undefined) return known;
    // Every container that ran at the start is known.
    if (this.#resolver.isOld(cgroupId) && isHosts) return null;
    const cgroup = this.#cgroupOf(cgroupId, pid);
    if (cgroup === undefined) {
      this.#resolver.want(cgroupId, pid);
      return this.#resolver.isOld(cgroupId) ? null : undefined;
    }
    const above = this.#inventory.byCgroupPath(cgroup.path);
    if (above !== undefined) {
      this.#inventory.adopt(above, cgroupId);
      return above;
    }
    const random = containerInPath(cgroup.path);
    if (random !== null) return this.#resolver.locate(cgroup.path, random, cgroupId)?.entry;
    const chosen = this.#chosenIn(cgroup, names);
    if (chosen !== undefined && !isHosts)
      return this.#resolver.locate(cgroup.path, { id: chosen, runtime: 'runc' }, cgroupId)?.entry;
    // Runtimes put a container's process into its cgroup first, then into its namespaces.
    const mayBecome = chosen !== undefined || !isHosts;
    return mayBecome && !this.#resolver.isOld(cgroupId) ? undefined : null;
  }

  /** The process may be a zombie already, or another one with its number: the id proves the path. */
  #cgroupOf(cgroupId: number, pid: number): MadeCgroup | undefined {
    const made = this.#watch.get(cgroupId);
    if (made !== undefined || this.#tree.mount === null) return made;
    const told = cgroupsOf(pid).get('');
    const candidates = [told && this.#tree.absolute(told), this.#resolver.pathOf(cgroupId)];
    for (const path of candidates) {
      if (path === undefined) continue;
      const { ino, uid } = statSync(join(this.#tree.mount, path), { throwIfNoEntry: false }) ?? {};
      if (ino === cgroupId && uid !== undefined) return { path, uid };
    }
    return undefined;
  }

  /**
   * The id in the path of a plain runc container's cgroup, if it is one that was asked for: any other
   * could be anything. Cgroups that users make for themselves are not believed.
   */
  #chosenIn({ path, uid }: MadeCgroup, names: ReadonlySet<string>): string | undefined {
    return uid === 0
      ? path
          .split('/')
          .map(chosenId)
          .find((id) => names.has(id))
      : undefined;
  }
}
