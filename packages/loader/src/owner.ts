import type { Layout } from './layout.js';
import type { Read, ReadText } from './record.js';

/** Readers of `struct event_header` (bpf/include/event.h), with which every event begins. */
export interface OwnerReaders {
  /** When the operation began, nanoseconds of CLOCK_MONOTONIC. */
  readonly tsNs: Read<number>;
  /** Process and thread in the initial pid namespace. */
  readonly pid: Read<number>;
  readonly tid: Read<number>;
  readonly ppid: Read<number>;
  /** Real ids in the initial user namespace. */
  readonly uid: Read<number>;
  readonly gid: Read<number>;
  readonly comm: ReadText;
  /** Inode numbers of the namespaces. */
  readonly mntns: Read<number>;
  readonly netns: Read<number>;
  /** Inode number in the cgroup v2 hierarchy. */
  readonly cgroupId: Read<bigint>;
}

/**
 * Readers of the header of an event struct, from its own BTF.
 *
 * @throws DecodeError `LAYOUT_NO_FIELD` if the struct does not begin with an event header
 */
export function ownerReaders(layout: Layout): OwnerReaders {
  return {
    tsNs: layout.u64('header.ts_ns'),
    pid: layout.u32('header.pid'),
    tid: layout.u32('header.tid'),
    ppid: layout.u32('header.ppid'),
    uid: layout.u32('header.uid'),
    gid: layout.u32('header.gid'),
    comm: layout.text('header.comm'),
    mntns: layout.u32('header.mntns'),
    netns: layout.u32('header.netns'),
    cgroupId: layout.big('header.cgroup_id'),
  };
}
