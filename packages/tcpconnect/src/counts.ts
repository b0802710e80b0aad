import type { Cursor, Tracer } from '@imagesnoop/loader';
import type { ConnectReaders } from './event.js';
import { pendingRows } from './pending.js';

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

/** What the kernel counted, and attempts that have not ended yet; most first. */
export function readCounts(tracer: Tracer, read: ConnectReaders): FlowCount[] {
  const counts = new Map<string, { u8: Uint8Array; connects: number }>();
  const add = (key: Uint8Array, connects: number): void => {
    const name = Buffer.from(key).toString('latin1');
    const known = counts.get(name);
    if (known === undefined) counts.set(name, { u8: Uint8Array.from(key), connects });
    else known.connects += connects;
  };
  for (const [key, value] of tracer.map('flows').entries()) {
    add(key, Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)));
  }
  const all = { when: 'outcome', failedOnly: false } as const;
  for (const row of pendingRows(tracer, all)) add(flowKey(row, read), 1);
  return [...counts.values()].sort(
    (a, b) => b.connects - a.connects || Buffer.compare(a.u8, b.u8) || flowPort(a) - flowPort(b),
  );
}

/** `struct flow_key` of an attempt. */
function flowKey(row: Cursor, { saddr, daddr, dport, family }: ConnectReaders): Uint8Array {
  const key = Buffer.alloc(FLOW_KEY.size);
  key.set(row.u8.subarray(saddr.start(row), saddr.end(row)), FLOW_KEY.saddr);
  key.set(row.u8.subarray(daddr.start(row), daddr.end(row)), FLOW_KEY.daddr);
  key.writeUInt16LE(dport(row), FLOW_KEY.dport);
  key.writeUInt16LE(family(row), FLOW_KEY.family);
  return key;
}
