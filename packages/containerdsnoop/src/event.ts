import {
  type Layout,
  type OwnerReaders,
  ownerReaders,
  type Read,
  type ReadText,
} from '@imagesnoop/loader';

/** Readers of `struct containerdsnoop_event` (bpf/containerdsnoop.h). */
export interface ContainerdsnoopReaders {
  readonly owner: OwnerReaders;
  readonly latencyNs: Read<number>;
  readonly ret: Read<number>;
  readonly path: ReadText;
}

export function containerdsnoopReaders(layout: Layout): ContainerdsnoopReaders {
  return {
    owner: ownerReaders(layout),
    latencyNs: layout.u64('latency_ns'),
    ret: layout.i32('ret'),
    path: layout.text('path'),
  };
}
