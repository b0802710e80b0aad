import type { Tracer } from '@imagesnoop/loader';
import { type Field, fields } from '@imagesnoop/output';

/** Connections from one address to another and its port (--count). */
export interface FlowCount {
  /** `struct flow_key` of bpf/tcpconnect.h. */
  readonly u8: Uint8Array;
  readonly connects: number;
}

/** Offsets in `struct flow_key`. */
const KEY = { saddr: 0, daddr: 16, dport: 32, family: 34, size: 36 } as const;

/** Entries of the map: distinct sources, destinations and ports. */
export const MAX_FLOWS = 65_536;

const family = ({ u8 }: FlowCount) => u8[KEY.family] as number;
const port = ({ u8 }: FlowCount) =>
  (u8[KEY.dport] as number) | ((u8[KEY.dport + 1] as number) << 8);

/** Columns as the original tool has them. */
export const countFields: readonly Field<FlowCount>[] = [
  fields.constant('type', 'count', { description: 'Kind of row' }),
  fields.uint('family', family, { description: '4 or 6' }),
  fields.ip('saddr', { start: () => KEY.saddr }, family, {
    description: 'Local address',
    column: { header: 'LADDR', width: 25 },
  }),
  fields.ip('daddr', { start: () => KEY.daddr }, family, {
    description: 'Remote address',
    column: { header: 'RADDR', width: 25 },
  }),
  fields.uint('dport', port, {
    description: 'Remote port',
    column: { header: 'RPORT', width: 6 },
  }),
  fields.uint('connects', ({ connects }) => connects, {
    description: 'Attempts, however they ended',
    column: { width: 10 },
  }),
];

/** What the kernel counted, most first. */
export function readCounts(tracer: Tracer): FlowCount[] {
  const counts: FlowCount[] = [];
  for (const [key, value] of tracer.map('flows').entries()) {
    const connects = Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true));
    counts.push({ u8: Uint8Array.from(key), connects });
  }
  return counts.sort(
    (a, b) => b.connects - a.connects || Buffer.compare(a.u8, b.u8) || port(a) - port(b),
  );
}
