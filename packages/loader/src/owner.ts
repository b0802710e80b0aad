import type { Layout } from './layout.js';
import type { Cursor, Read, ReadText } from './record.js';

/** TASK_COMM_LEN, include/linux/sched.h */
const COMM_LENGTH = 16;

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
  /** Inode number in the cgroup v2 hierarchy: the kernel counts them from 1, so below 2^53. */
  readonly cgroupId: Read<number>;
  /** Tells apart who the others tell of. */
  readonly key: OwnerKey;
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
    cgroupId: layout.u64('header.cgroup_id'),
    key: new OwnerKey(layout),
  };
}

/**
 * Whether two records have the same owner: all of the header behind the time is equal, but for the
 * type of the event. It lets whoever shows many events of one thread do the work for its owner once.
 */
export class OwnerKey {
  /** Number of 32-bit words. */
  readonly words: number;
  /** Indexes of those words in a record. */
  readonly #at: readonly number[];
  readonly #tid: Read<number>;

  /** @throws DecodeError `LAYOUT_NO_FIELD` if the struct does not begin with an event header */
  constructor(layout: Layout) {
    const begin = layout.offsetOf('header.cgroup_id') / 4;
    const end = (layout.offsetOf('header.comm') + COMM_LENGTH) / 4;
    const type = layout.offsetOf('header.type') / 4;
    const all = Array.from({ length: end - begin }, (_, index) => begin + index);
    this.#at = all.filter((word) => word !== type);
    this.words = this.#at.length;
    this.#tid = layout.u32('header.tid');
  }

  slot(at: Cursor): number {
    return this.#tid(at);
  }

  matches({ i32, base }: Cursor, words: Int32Array): boolean {
    const first = base >>> 2;
    for (let i = 0; i < words.length; i++)
      if (i32[first + (this.#at[i] as number)] !== words[i]) return false;
    return true;
  }

  copy({ i32, base }: Cursor, words: Int32Array): void {
    const first = base >>> 2;
    for (let i = 0; i < words.length; i++)
      words[i] = i32[first + (this.#at[i] as number)] as number;
  }
}
