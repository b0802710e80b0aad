import {
  type Layout,
  type OwnerReaders,
  ownerReaders,
  type Read,
  type ReadText,
} from '@imagesnoop/loader';

/** Readers of `struct __c_name___event` (bpf/__name__.h). */
export interface __Name__Readers {
  readonly owner: OwnerReaders;
  readonly latencyNs: Read<number>;
  readonly ret: Read<number>;
  readonly path: ReadText;
}

export function __cName__Readers(layout: Layout): __Name__Readers {
  return {
    owner: ownerReaders(layout),
    latencyNs: layout.u64('latency_ns'),
    ret: layout.i32('ret'),
    path: layout.text('path'),
  };
}
