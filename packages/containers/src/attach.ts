import type { CgroupTree } from './cgroups.js';
import { isRandomId } from './container.js';
import type { Entry, Inventory } from './inventory.js';
import { isAlive, mountNamespace, type ProcessFacts, processFacts } from './procfs.js';

/** A runtime's word that a container's first process is this one. */
export interface ProcessClaim {
  readonly pid: number;
  /** Start time as the runtime recorded it: proof that the number was not reused. */
  readonly startTicks?: number;
  /** The container's own v2 cgroup, relative to the mount, as the runtime recorded it. */
  readonly cgroupPath?: string | null;
  /** Asks the runtime once more whether the container still runs as `pid`. */
  confirm?(): Promise<boolean>;
}

const isConmon = (segment: string): boolean => segment.includes('conmon');

/** The id that somebody chose, as a cgroup bears it; with systemd that of `web` is `runc-web.scope`. */
export function chosenId(segment: string): string {
  return /^(?:runc|crun)-(.+)\.scope$/.exec(segment)?.[1] ?? segment;
}

/** The part of a cgroup path up to the directory that bears the container's id, or null. */
export function ownCgroup(path: string, id: string): string | null {
  const segments = path.split('/');
  const at = segments.findIndex((segment) =>
    isRandomId(id) ? segment.includes(id) && !isConmon(segment) : chosenId(segment) === id,
  );
  return at < 0 ? null : segments.slice(0, at + 1).join('/');
}

/** True when the cgroups of a process name the container, in any hierarchy. */
function cgroupsName({ cgroups }: ProcessFacts, id: string): boolean {
  // An id that somebody chose may also be the name of an unrelated cgroup.
  return isRandomId(id) && [...cgroups.values()].some((path) => ownCgroup(path, id) !== null);
}

/**
 * Turns a runtime's claim of a pid into mount namespace and cgroup, or into nothing: a pid whose
 * process ended and was replaced meanwhile must not put a stranger into a container.
 */
export class Attacher {
  readonly #inventory: Inventory;
  readonly #tree: CgroupTree;
  readonly #host: ReadonlySet<number | null>;

  constructor(inventory: Inventory, tree: CgroupTree) {
    this.#inventory = inventory;
    this.#tree = tree;
    this.#host = new Set([mountNamespace(1), mountNamespace('self')]);
  }

  /** Is this the host's mount namespace, or ours? */
  isHosts(mntns: number): boolean {
    return this.#host.has(mntns);
  }

  /**
   * Returns whether the claim held. Never throws. Done at once, before it returns, unless the
   * claim has to be confirmed.
   */
  async attach(entry: Entry, claim: ProcessClaim): Promise<boolean> {
    const facts = processFacts(claim.pid);
    if (facts === null) return false;
    const { id } = entry.info;
    const proven =
      claim.startTicks === undefined
        ? cgroupsName(facts, id) || ((await claim.confirm?.().catch(() => false)) ?? false)
        : claim.startTicks === facts.startTicks;
    if (!proven) return false;

    const path = this.#tree.absolute(facts.cgroups.get('') ?? '/');
    const recorded = claim.cgroupPath;
    const inRecorded = recorded && (path === recorded || path.startsWith(`${recorded}/`));
    const own = inRecorded ? recorded : ownCgroup(path, id);
    const cgroupId = own === null || own === '/' ? null : this.#tree.idOf(own);
    // A container without a mount namespace of its own shares the host's: no key then.
    const mntns = this.#host.has(facts.mntns) ? null : facts.mntns;
    // Its end may have been reported while we asked; ends after this line come later.
    if (!isAlive(facts)) return false;
    this.#inventory.started(
      entry,
      { pid: facts.pid, startTicks: facts.startTicks, mntns },
      cgroupId === null || own === null ? null : { id: cgroupId, path: own },
    );
    return true;
  }
}
