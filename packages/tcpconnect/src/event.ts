import {
  type Layout,
  type OwnerReaders,
  ownerReaders,
  type Read,
  type Span,
} from '@imagesnoop/loader';

/** One attempt to connect, as JSON has it and as the library yields it. */
export interface ConnectEvent {
  readonly type: 'connect';
  /** When the attempt began, RFC 3339 in UTC with nanoseconds. */
  readonly time: string;
  /** The same in microseconds since boot (CLOCK_MONOTONIC). */
  readonly ts_us: number;
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly gid: number;
  readonly comm: string;
  /** What this row tells: that an attempt began, or how it ended. */
  readonly when: 'attempt' | 'outcome';
  /** Of what was spoken: a dual-stack socket that connects to an IPv4-mapped address has 4. */
  readonly family: 4 | 6;
  readonly saddr: string;
  /** Local port, 0 if none was assigned. `lport` is the same by its older name. */
  readonly sport: number;
  readonly lport: number;
  readonly daddr: string;
  readonly dport: number;
  /** Name that this process, or one beside it, looked up for `daddr`; only with `dns`. */
  readonly dns: string | null;
  /** As the system call returned it; null when it did not return, or there was none. */
  readonly ret: number | null;
  /** Null: established. An errno's name, `aborted` (given up by its own side) or `pending`. */
  readonly error: string | null;
  /** From the attempt to its outcome. */
  readonly latency_us: number | null;
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

/** enum tcpconnect_event in bpf/tcpconnect.h */
export const EVENT = { connect: 1, begun: 2, answer: 3 } as const;

/** enum connect_outcome */
export const OUTCOME = { pending: 0, established: 1, failed: 2, aborted: 3 } as const;

/** Readers of `struct connect_event`. */
export interface ConnectReaders {
  readonly owner: OwnerReaders;
  readonly type: Read<number>;
  readonly family: Read<number>;
  readonly saddr: Span;
  readonly daddr: Span;
  readonly lport: Read<number>;
  readonly dport: Read<number>;
  readonly outcome: Read<number>;
  readonly ret: Read<number | null>;
  /** A negative errno, a word for what has none, null for an established connection. */
  readonly error: Read<number | string | null>;
  readonly latencyUs: Read<number | null>;
}

export function connectReaders(layout: Layout): ConnectReaders {
  const type = layout.u32('header.type');
  const outcome = layout.u32('outcome');
  const hasRet = layout.u32('has_ret');
  const ret = layout.i32('ret');
  const error = layout.u32('error');
  const latencyNs = layout.u64('latency_ns');
  return {
    owner: ownerReaders(layout),
    type,
    family: layout.u32('family'),
    saddr: layout.bytes('saddr'),
    daddr: layout.bytes('daddr'),
    lport: layout.u32('lport'),
    dport: layout.u32('dport'),
    outcome,
    ret: (row) => (hasRet(row) === 0 ? null : ret(row)),
    error(row) {
      switch (outcome(row)) {
        case OUTCOME.established:
          return null;
        case OUTCOME.failed:
          return -error(row);
        case OUTCOME.aborted:
          return 'aborted';
        default:
          return type(row) === EVENT.begun ? null : 'pending';
      }
    },
    latencyUs: (row) =>
      outcome(row) === OUTCOME.pending ? null : Math.round(latencyNs(row) / 1000),
  };
}
