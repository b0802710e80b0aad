import {
  type Layout,
  type OwnerReaders,
  ownerReaders,
  type Read,
  type ReadText,
} from '@imagesnoop/loader';

/** One call, as JSON has it and as the library yields it. */
export interface __Name__Event {
  readonly type: 'chdir';
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
  /** 0 or a negative errno. */
  readonly ret: number;
  /** Name of that errno. */
  readonly error: string | null;
  readonly latency_us: number;
  /** As the caller gave it. */
  readonly path: string;
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
