import type { ContainerInfo } from './container.js';
import { ContainersError } from './errors.js';
import type { Found, Owner } from './finder.js';
import type { Entry, Inventory } from './inventory.js';
import { fit, isMember, type Mode, modeOf, namesIn, nearNames, type Rule } from './selector.js';

/** Keys of containers as events carry them. */
export interface Keys {
  readonly mntns: readonly number[];
  readonly cgroups: readonly bigint[];
}

/** What to change in the kernel's set. A key may be in neither list, never in both. */
export interface SelectionChange {
  readonly add: Keys;
  readonly remove: Keys;
  readonly container: ContainerInfo;
}

export interface SelectOptions {
  /** Names that no running container has are awaited instead of refused. */
  readonly wait?: boolean;
  /** Called, synchronously, for each change after `select()` returned its first set. */
  readonly onChange?: (change: SelectionChange) => void;
}

interface Internals extends SelectOptions {
  readonly find: (owner: Owner, names: ReadonlySet<string>) => Found;
  readonly notes: readonly string[];
  readonly closed: () => void;
}

interface Member {
  readonly mntns: number | null;
  readonly cgroupId: bigint | null;
}

const keysOf = ({ mntns, cgroupId }: Member): Keys => ({
  mntns: mntns === null ? [] : [mntns],
  cgroups: cgroupId === null ? [] : [cgroupId],
});
const NO_KEYS: Keys = { mntns: [], cgroups: [] };

/** A set of containers that follows the runtimes. Made by `Containers.select()`; close it. */
export class Selection {
  /** Whether the kernel lets the members through or holds them back. */
  readonly mode: Mode;
  readonly #rules: readonly Rule[];
  readonly #inventory: Inventory;
  readonly #members = new Map<Entry, Member>();
  /** What a rule means as an id prefix: the first container that fits; null, once it is a name. */
  readonly #prefixes = new Map<Rule, Entry | null>();
  /** Names and ids of containers. */
  readonly #names: ReadonlySet<string>;
  readonly #unfollow: () => void;
  readonly #internals: Internals;

  /** @internal */
  constructor(inventory: Inventory, rules: readonly Rule[], internals: Internals) {
    this.#inventory = inventory;
    this.#rules = rules;
    this.#internals = internals;
    this.mode = modeOf(rules);
    this.#names = namesIn(rules);
    const running = [...inventory.entries()].filter((entry) => entry.process !== null);
    for (const rule of rules) this.#resolve(rule, running);
    for (const entry of running) if (this.#matches(entry)) this.#members.set(entry, entry.info);
    for (const { info } of this.#members.keys()) if (isUntold(info)) throw unseen(info);
    this.#unfollow = inventory.onChange((change, entry) => {
      if (change === 'stopped') this.#drop(entry);
      else this.#update(entry);
    });
  }

  /** The keys now; later changes come to `onChange`. */
  get keys(): Keys {
    const all = [...this.#members.values()].map(keysOf);
    return {
      mntns: all.flatMap((keys) => keys.mntns),
      cgroups: all.flatMap((keys) => keys.cgroups),
    };
  }

  get containers(): ContainerInfo[] {
    return [...this.#members.keys()].map((entry) => entry.info);
  }

  /**
   * Is an event wanted, by its owner? For events that come before a runtime has told of their
   * container, by its name that may be known only later.
   *
   * @param isLast there is no time to wait: what is not known is taken for no container
   * @returns undefined while it is not known; ask again soon, or at the next change
   */
  judge(owner: Owner, isLast: boolean): boolean | undefined {
    const entry = this.#internals.find(owner, this.#names);
    if (entry && this.#matches(entry)) return this.mode === 'include';
    if (!isLast && (entry === undefined || (entry !== null && !this.#isDescribed(entry))))
      return undefined;
    return this.mode === 'exclude';
  }

  /** Is all known of it that the rules ask for? */
  #isDescribed({ info, managed }: Entry): boolean {
    if (info.k8s === null && this.#rules.some(({ kind }) => kind !== 'container'))
      return managed && info.name !== null;
    return info.name !== null;
  }

  /** Stops following; no more calls. Idempotent. */
  close(): void {
    this.#unfollow();
    this.#internals.closed();
  }

  #resolve(rule: Rule, running: readonly Entry[]): void {
    const fits = running.map((entry) => ({ entry, how: fit(rule, entry.info) }));
    if (fits.some(({ how }) => how === 'exact')) {
      this.#prefixes.set(rule, null);
      return;
    }
    const [prefixed, second] = fits.filter(({ how }) => how === 'prefix');
    if (prefixed !== undefined && second === undefined) {
      this.#prefixes.set(rule, prefixed.entry);
    } else if (second !== undefined) {
      const ids = fits.filter(({ how }) => how === 'prefix').map(({ entry }) => label(entry.info));
      throw new ContainersError(
        'CONTAINER_AMBIGUOUS',
        `container '${rule.text}' fits ${ids.length} containers`,
        { hint: `Give more digits of the id, or a name: ${ids.slice(0, 5).join(', ')}.` },
      );
    } else if (!this.#internals.wait) throw this.#notFound(rule);
  }

  #matches(entry: Entry): boolean {
    return isMember(this.#rules, (rule) => {
      const how = fit(rule, entry.info);
      if (how === null) return false;
      // With `wait`, what a rule means is settled by the first that fits.
      if (!this.#prefixes.has(rule)) this.#prefixes.set(rule, how === 'prefix' ? entry : null);
      return how === 'exact' || this.#prefixes.get(rule) === entry;
    });
  }

  #update(entry: Entry): void {
    if (entry.process === null) return;
    if (!this.#matches(entry)) return this.#drop(entry);
    const member = entry.info;
    const old = this.#members.get(entry);
    this.#members.set(entry, member);
    if (old?.mntns === member.mntns && old?.cgroupId === member.cgroupId) return;
    this.#internals.onChange?.({ add: keysOf(member), remove: NO_KEYS, container: entry.info });
  }

  #drop(entry: Entry): void {
    const member = this.#members.get(entry);
    if (member === undefined) return;
    this.#members.delete(entry);
    this.#internals.onChange?.({ add: NO_KEYS, remove: keysOf(member), container: entry.info });
  }

  #notFound({ kind, text }: Rule): ContainersError {
    const entries = [...this.#inventory.entries()];
    const asleep = entries.some((entry) => fit({ kind, text, exclude: false }, entry.info));
    const names = entries.flatMap(({ info, process }) => {
      if (process === null) return [];
      if (kind === 'container') return [info.name ?? info.id.slice(0, 12)];
      return info.k8s === null ? [] : [kind === 'pod' ? info.k8s.pod : info.k8s.namespace];
    });
    const near = nearNames(text, names);
    const hint = [
      asleep ? 'It exists but does not run.' : near.length > 0 && `Near: ${near.join(', ')}.`,
      names.length === 0 && !asleep && 'No running container is known.',
      ...this.#internals.notes.map((note) => `Note: ${note}.`),
      'Give --wait to wait for its start.',
    ];
    return new ContainersError(
      'CONTAINER_NOT_FOUND',
      `no running container matches ${kind} '${text}'`,
      {
        hint: hint.filter(Boolean).join(' '),
      },
    );
  }
}

const label = ({ id, name }: ContainerInfo): string =>
  name === null || name === id ? id.slice(0, 16) : `${id.slice(0, 12)} (${name})`;

/** Nothing that events carry tells of it. */
const isUntold = ({ mntns, cgroupId }: Member): boolean => mntns === null && cgroupId === null;

function unseen(info: ContainerInfo): ContainersError {
  return new ContainersError(
    'CONTAINER_UNSEEN',
    `events of container ${label(info)} cannot be told from others: neither its mount namespace nor its cgroup can be read, or both are the host's`,
    {
      hint: 'In a container: docker run --cap-add SYS_PTRACE -v /sys/fs/cgroup:/sys/fs/cgroup:ro.',
    },
  );
}
