import { type Layout, type OwnerReaders, ownerReaders, type Read } from '@imagesnoop/loader';
import type { HostMounts } from './host-mounts.js';
import type { NamespaceMounts } from './namespace-mounts.js';
import { EventPaths } from './paths.js';

/** enum mkdir_event_type in bpf/mkdirsnoop.h */
export const MKDIR_EVENT = 1;
export const MOUNTS_EVENT = 2;

/** One mkdir, as JSON has it and as the library yields it. */
export interface MkdirEvent {
  readonly type: 'mkdir';
  /** When the call began, RFC 3339 in UTC with nanoseconds. */
  readonly time: string;
  /** The same in microseconds since boot (CLOCK_MONOTONIC). */
  readonly ts_us: number;
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly gid: number;
  readonly comm: string;
  /** Permissions asked for, before the umask. */
  readonly mode: number;
  /** 0 or a negative errno. */
  readonly ret: number;
  /** Name of that errno. */
  readonly error: string | null;
  readonly latency_us: number;
  /** The path exactly as the caller gave it; null when its memory was unreadable. */
  readonly argv: string | null;
  /** Absolute, from the caller's root. */
  readonly path: string | null;
  /** Absolute, as the host sees it; null when it does not, or when that cannot be told for sure. */
  readonly host_path: string | null;
  readonly mntns: number;
  readonly netns: number;
  /** Decimal digits: it may exceed 2^53. */
  readonly cgroup_id: string;
  readonly container: {
    readonly id: string;
    readonly name: string | null;
    readonly image: string | null;
    readonly runtime: string;
  } | null;
  readonly k8s: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string | null;
  } | null;
}

/** Readers of `struct mkdir_event` (bpf/mkdirsnoop.h). */
export interface MkdirReaders {
  readonly owner: OwnerReaders;
  readonly mode: Read<number>;
  readonly ret: Read<number>;
  readonly latencyNs: Read<number>;
  readonly paths: EventPaths;
}

export function mkdirReaders(
  layout: Layout,
  mounts: HostMounts,
  others: NamespaceMounts,
): MkdirReaders {
  return {
    owner: ownerReaders(layout),
    mode: layout.u32('mode'),
    ret: layout.i32('ret'),
    latencyNs: layout.u64('latency_ns'),
    paths: new EventPaths(layout, mounts, others),
  };
}
