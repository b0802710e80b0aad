import {
  type Layout,
  type OwnerReaders,
  ownerReaders,
  type Read,
  type Span,
} from '@imagesnoop/loader';

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
