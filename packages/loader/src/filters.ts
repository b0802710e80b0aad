import { BpfMap, type BpfObject } from '@imagesnoop/bpf-core';
import { LoaderError, UsageError } from './errors.js';
import type { Owner, OwnerSet } from './judge.js';

/** Numbers that are wanted, or not wanted: what `80,8000-8100` or `!443` becomes. */
export interface NumberSet {
  readonly mode: 'include' | 'exclude';
  readonly values: ReadonlySet<number>;
}

/** Texts that are wanted, or not wanted. */
export interface TextSet {
  readonly mode: 'include' | 'exclude';
  readonly values: ReadonlySet<string>;
}

/** Which events are wanted; all of it is decided in the kernel. Members left out filter nothing. */
export interface Filters {
  readonly pids?: NumberSet | undefined;
  readonly uids?: NumberSet | undefined;
  /** Of the parent; only for objects that know it. */
  readonly ppids?: NumberSet | undefined;
  /** Only these processes and all that descend from them; see `processTreeHooks`. */
  readonly trees?: readonly number[] | undefined;
  /** Only for objects that know ports. */
  readonly ports?: NumberSet | undefined;
  /** Command names; only the first 15 bytes count, as in the kernel. */
  readonly comms?: TextSet | undefined;
  /** Path of a pinned hash map with mount namespace inodes (u64) as keys, as bcc's tools take it. */
  readonly mntnsMap?: string | undefined;
  /** Path of a pinned hash map with cgroup ids (u64) as keys. */
  readonly cgroupMap?: string | undefined;
  /** Only, or all but, the containers that `Tracer.setContainers()` names. None at first. */
  readonly containers?: 'include' | 'exclude' | undefined;
  /** Let through who is not known to be unwanted; `Tracer.judgeBy()` then decides. */
  readonly judged?: boolean | undefined;
}

/** Processes of a tree at once; beyond the default of pid_max, 32768. */
const TREE_MEMBERS = 65_536;
/** Room for this many containers at once; Kubernetes' own limit is 110 pods per node. */
const CONTAINERS = 8192;
/** Pairs of cgroup and mount namespace at once. */
const OWNERS = 16_384;
const MODES = { include: 1, exclude: 2 } as const;
const COMM_LENGTH = 16;
const PRESENT = Uint8Array.of(1);
const PRESENT_U32 = Uint8Array.of(1, 0, 0, 0);

/**
 * The pinned maps that filters name, opened once, since loading may take several attempts.
 *
 * @throws UsageError `FILTER_MAP_SHAPE` if one is not a hash with keys of 8 bytes
 */
export class PinnedFilters {
  readonly mntns: BpfMap | undefined;
  readonly cgroups: BpfMap | undefined;

  constructor({ mntnsMap, cgroupMap }: Filters) {
    this.mntns = openPinned(mntnsMap, '--mntnsmap');
    this.cgroups = openPinned(cgroupMap, '--cgroupmap');
  }

  close(): void {
    this.mntns?.close();
    this.cgroups?.close();
  }
}

/**
 * Sets the object's filter modes and the sizes of its sets; to be called before loading.
 *
 * @returns fills the sets; to be called after loading and before attaching
 * @throws UsageError `FILTER_UNKNOWN` if the object has no such filter
 */
export function configureFilters(
  object: BpfObject,
  filters: Filters,
  pinned: PinnedFilters,
): () => void {
  const fills: (() => void)[] = [];
  const set = (kind: string, values: SetOf<Uint8Array> | undefined): void => {
    if (values === undefined) return;
    setMode(object, kind, values.mode);
    const map = object.map(`filter_${kind}s`);
    map.maxEntries = Math.max(1, values.keys.length);
    fills.push(() => {
      for (const key of values.keys) map.update(key, PRESENT);
    });
  };
  set('pid', numbers(filters.pids, 4));
  set('uid', numbers(filters.uids, 4));
  set('ppid', numbers(filters.ppids, 4));
  set('port', numbers(filters.ports, 2));
  set('comm', filters.comms && { mode: filters.comms.mode, keys: comms(filters.comms.values) });
  if (filters.trees !== undefined) {
    set('tree', numbers({ mode: 'include', values: new Set(filters.trees) }, 4));
    object.map('filter_trees').maxEntries = TREE_MEMBERS;
  }
  if (pinned.mntns !== undefined) {
    setMode(object, 'mntns', 'include');
    object.map('filter_mntns').reuse(pinned.mntns);
  }
  if (pinned.cgroups !== undefined) {
    setMode(object, 'cgroup', 'include');
    object.map('filter_cgroups').reuse(pinned.cgroups);
  }
  if (filters.containers !== undefined) {
    setMode(object, 'container', filters.containers);
    object.map('filter_container_mntns').maxEntries = CONTAINERS;
    object.map('filter_container_cgroups').maxEntries = CONTAINERS;
    if (filters.judged) {
      object.setGlobal('filter_container_judged', true);
      object.map('filter_container_others').maxEntries = OWNERS;
    }
  }
  return () => {
    for (const fill of fills) fill();
  };
}

/** A set of u64 keys in the kernel that follows a set in this process. */
export class LiveSet {
  readonly #map: BpfMap;
  #members: Set<bigint>;

  /** @param members those that the map has already */
  constructor(map: BpfMap, members: Iterable<bigint> = []) {
    this.#map = map;
    this.#members = new Set(members);
  }

  /** Adds first and removes then, so that what is in both is never missing for a moment. */
  replace(wanted: Iterable<number | bigint>): void {
    const members = new Set<bigint>();
    for (const id of wanted) members.add(BigInt(id));
    for (const id of members) if (!this.#members.has(id)) this.#map.update(u64(id), PRESENT_U32);
    for (const id of this.#members) if (!members.has(id)) this.#map.delete(u64(id));
    this.#members = members;
  }
}

/** Owners in the kernel that are known to be unwanted (`struct container_owner`). */
export class OtherOwners implements OwnerSet {
  readonly #map: BpfMap;

  constructor(map: BpfMap) {
    this.#map = map;
  }

  add(owner: Owner): void {
    this.#map.update(ownerKey(owner), PRESENT_U32);
  }

  /** One that the kernel has forgotten is no error. */
  delete(owner: Owner): void {
    this.#map.delete(ownerKey(owner));
  }
}

function ownerKey({ cgroupId, mntns }: Owner): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(cgroupId), BigInt(mntns)).buffer);
}

interface SetOf<T> {
  mode: 'include' | 'exclude';
  keys: readonly T[];
}

function setMode(object: BpfObject, kind: string, mode: 'include' | 'exclude'): void {
  try {
    object.setGlobal(`filter_${kind}_mode`, MODES[mode]);
  } catch (cause) {
    throw new UsageError('FILTER_UNKNOWN', `this program cannot filter by ${kind}`, { cause });
  }
}

function numbers(set: NumberSet | undefined, size: 2 | 4): SetOf<Uint8Array> | undefined {
  return set && { mode: set.mode, keys: [...set.values].map((value) => bytesOf(value, size)) };
}

function bytesOf(value: number, size: 2 | 4): Uint8Array {
  const limit = 2 ** (size * 8);
  if (!Number.isInteger(value) || value < 0 || value >= limit)
    throw new UsageError('FILTER_RANGE', `filter: ${value} is not between 0 and ${limit - 1}`);
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes;
}

/** The kernel keeps 15 bytes and a NUL; a longer name asked for is cut in the same way. */
function comms(values: ReadonlySet<string>): Uint8Array[] {
  const cut = new Map<string, Uint8Array>();
  for (const value of values) {
    const key = Buffer.alloc(COMM_LENGTH);
    Buffer.from(value).copy(key, 0, 0, COMM_LENGTH - 1);
    cut.set(key.toString('latin1'), key);
  }
  return [...cut.values()];
}

function u64(id: bigint): Uint8Array {
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(BigInt.asUintN(64, id));
  return key;
}

function openPinned(path: string | undefined, flag: string): BpfMap | undefined {
  if (path === undefined) return undefined;
  let map: BpfMap;
  try {
    map = BpfMap.openPinned(path);
  } catch (cause) {
    throw new LoaderError('FILTER_MAP_MISSING', `${flag}: no pinned map at ${path}`, {
      cause,
      hint: 'Pin a hash map with u64 keys there first, e.g. with bpftool map create.',
    });
  }
  if (map.keySize === 8 && map.type.toLowerCase().endsWith('hash')) return map;
  const found = `a map of type ${map.type} with keys of ${map.keySize} bytes`;
  map.close();
  throw new UsageError('FILTER_MAP_SHAPE', `${flag}: ${path} is ${found}, not a hash of u64`, {});
}
