import { type Layout, type OwnerReaders, ownerReaders, type Read } from '@imagesnoop/loader';
import type { HostMounts } from './host-mounts.js';
import type { NamespaceMounts } from './namespace-mounts.js';
import { EventPaths } from './paths.js';

/** enum mkdir_event_type in bpf/mkdirsnoop.h */
export const MKDIR_EVENT = 1;

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
