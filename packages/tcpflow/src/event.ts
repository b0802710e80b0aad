import {
  type Layout,
  type OwnerReaders,
  ownerReaders,
  type Read,
  type Span,
} from '@imagesnoop/loader';

/** enum tcpflow_event in bpf/tcpflow.h */
export const EVENT = { flow: 1, alert: 2, connect: 3, accept: 4, close: 5 } as const;

/** enum flow_side and enum flow_end, by their numbers */
const SIDES = [null, 'local', 'remote'] as const;
const ENDS = [null, 'fin', 'rst', 'timeout'] as const;

/** Readers of `struct flow`. */
export interface FlowReaders {
  readonly owner: OwnerReaders;
  readonly type: Read<number>;
  /** `EVENT.connect` or `EVENT.accept` */
  readonly call: Read<number>;
  readonly family: Read<number>;
  readonly local: Span;
  readonly remote: Span;
  readonly port: Read<number>;
  readonly count: Read<number>;
  readonly lastNs: Read<number>;
  /** Mean time between two calls in seconds; null for one call. */
  readonly mtbs: Read<number | null>;
}

export function flowReaders(layout: Layout): FlowReaders {
  const owner = ownerReaders(layout);
  const count = layout.u64('count');
  const lastNs = layout.u64('last_ns');
  return {
    owner,
    type: layout.u32('header.type'),
    call: layout.u32('call'),
    family: layout.u32('family'),
    local: layout.bytes('local'),
    remote: layout.bytes('remote'),
    port: layout.u32('port'),
    count,
    lastNs,
    mtbs(row) {
      const calls = count(row);
      if (calls < 2) return null;
      // Processors may store their times in another order than they counted.
      const ns = Math.max(lastNs(row) - owner.tsNs(row), 0) / (calls - 1);
      return Math.round(ns) / 1e9;
    },
  };
}

/** Readers of `struct flow_event`. */
export interface FlowEventReaders {
  readonly owner: OwnerReaders;
  readonly type: Read<number>;
  readonly call: Read<number>;
  readonly flow: Read<bigint>;
  readonly family: Read<number>;
  readonly local: Span;
  readonly remote: Span;
  readonly sport: Read<number>;
  readonly dport: Read<number>;
  readonly preexisting: Read<boolean>;
  /** A negative errno, a word for what has none, null for none. */
  readonly error: Read<number | string | null>;
  readonly closedBy: Read<'local' | 'remote' | null>;
  readonly end: Read<'fin' | 'rst' | 'timeout' | null>;
  readonly durationNs: Read<number | null>;
  readonly txBytes: Read<number | null>;
  readonly rxBytes: Read<number | null>;
  readonly retransmits: Read<number | null>;
}

export function flowEventReaders(layout: Layout): FlowEventReaders {
  const type = layout.u32('header.type');
  const failed = layout.u32('failed');
  const error = layout.u32('error');
  const side = layout.u32('side');
  const end = layout.u32('end');
  const preexisting = layout.u32('preexisting');
  const durationNs = layout.u64('duration_ns');
  const atClose =
    (read: Read<number>): Read<number | null> =>
    (row) =>
      type(row) === EVENT.close ? read(row) : null;
  return {
    owner: ownerReaders(layout),
    type,
    call: layout.u32('call'),
    flow: layout.big('flow'),
    family: layout.u32('family'),
    local: layout.bytes('local'),
    remote: layout.bytes('remote'),
    sport: layout.u32('sport'),
    dport: layout.u32('dport'),
    preexisting: (row) => preexisting(row) !== 0,
    error(row) {
      if (error(row) !== 0) return -error(row);
      return failed(row) === 0 ? null : 'aborted';
    },
    closedBy: (row) => (type(row) === EVENT.close ? (SIDES[side(row)] ?? null) : null),
    end: (row) => (type(row) === EVENT.close ? (ENDS[end(row)] ?? null) : null),
    durationNs: (row) => durationNs(row) || null,
    txBytes: atClose(layout.u64('tx_bytes')),
    rxBytes: atClose(layout.u64('rx_bytes')),
    retransmits: atClose(layout.u32('retransmits')),
  };
}
