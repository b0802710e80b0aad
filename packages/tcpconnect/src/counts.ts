import type { Tracer } from '@imagesnoop/loader';

/** Connections from one address to another and its port (--count). */
export interface FlowCount {
  /** `struct flow_key` of bpf/tcpconnect.h. */
  readonly u8: Uint8Array;
  readonly connects: number;
}

/** Offsets in `struct flow_key`. */
export const FLOW_KEY = { saddr: 0, daddr: 16, dport: 32, family: 34, size: 36 } as const;

/** Entries of the map: distinct sources, destinations and ports. */
export const MAX_FLOWS = 65_536;

export const flowFamily = ({ u8 }: FlowCount) => u8[FLOW_KEY.family] as number;
export const flowPort = ({ u8 }: FlowCount) =>
  (u8[FLOW_KEY.dport] as number) | ((u8[FLOW_KEY.dport + 1] as number) << 8);

/** What the kernel counted, most first. */
export function readCounts(tracer: Tracer): FlowCount[] {
  const counts: FlowCount[] = [];
  for (const [key, value] of tracer.map('flows').entries()) {
    const connects = Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
    counts.push({ u8: Uint8Array.from(key), connects });
  }
  return counts.sort(
    (a, b) => b.connects - a.connects || Buffer.compare(a.u8, b.u8) || flowPort(a) - flowPort(b),
  );
}
