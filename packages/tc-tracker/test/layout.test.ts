// The readers of event.ts against the structs as the compiler laid them out.
import { readFileSync } from 'node:fs';
import { BpfObject, type StructLayout } from '@imagesnoop/bpf-core';
import { Layout } from '@imagesnoop/loader';
import { expect, test } from 'vitest';
import { SessionReader } from '../src/event.js';

const object = BpfObject.open(readFileSync(new URL('../bpf/tc-tracker.bpf.o', import.meta.url)));

function structOf(name: string): StructLayout {
  const struct = object.struct(name);
  if (struct === undefined) throw new Error(`the object has no struct ${name}`);
  return struct;
}

test('each field is read where the compiler put it', () => {
  const session = structOf('session');
  const key = structOf('session_key');
  const offset = (struct: StructLayout, name: string, inside?: string): number => {
    const found = struct.fields.find((field) => field.name === name);
    const inner = found?.fields?.find((field) => field.name === inside);
    return (
      (found?.offset ?? Number.NaN) + (inside === undefined ? 0 : (inner?.offset ?? Number.NaN))
    );
  };
  const value = Buffer.alloc(session.size);
  const numbers = {
    ...{ begin: 11n, last: 12n, txFin: 13n, rxFin: 14n, rst: 15n },
    ...{ txSkbs: 21n, txBytes: 22n, payload: 23n, morePackets: 24n, moreBytes: 25n, rxSkbs: 26n },
  };
  const places: readonly [bigint, string, string?][] = [
    [numbers.begin, 'header', 'ts_ns'],
    [numbers.last, 'last_ns'],
    [numbers.txFin, 'tx_fin_ns'],
    [numbers.rxFin, 'rx_fin_ns'],
    [numbers.rst, 'rst_ns'],
    [numbers.txSkbs, 'tx', 'skbs'],
    [numbers.txBytes, 'tx', 'skb_bytes'],
    [numbers.payload, 'tx', 'payload_bytes'],
    [numbers.morePackets, 'tx', 'more_packets'],
    [numbers.moreBytes, 'tx', 'more_bytes'],
    [numbers.rxSkbs, 'rx', 'skbs'],
  ];
  for (const [number, ...place] of places)
    value.writeBigUInt64LE(number, offset(session, ...place));
  value.writeUInt32LE(4711, offset(session, 'header', 'pid'));
  value.write('curl', offset(session, 'header', 'comm'));
  value.writeUInt32LE(3, offset(session, 'syn_retransmits'));
  for (const [name, byte] of [
    ['opener', 2],
    ['answered', 1],
    ['end', 1],
    ['owned', 1],
    ['wanted', 2],
  ] as const)
    value.writeUInt8(byte, offset(session, name));
  const keyBytes = Buffer.alloc(key.size);
  keyBytes.write('local', offset(key, 'local'));
  keyBytes.writeUInt16LE(80, offset(key, 'local_port'));
  keyBytes.writeUInt16LE(443, offset(key, 'remote_port'));
  keyBytes.writeUInt32LE(2, offset(key, 'ifindex'));
  keyBytes.writeUInt32LE(4026531840, offset(key, 'netns'));
  keyBytes.writeUInt16LE(100, offset(key, 'vlan'));
  keyBytes.writeUInt16LE(7, offset(key, 'inner_vlan'));
  keyBytes.writeUInt32LE(6, offset(key, 'family'));

  const reader = new SessionReader(new Layout(structOf('session_record')));
  const read = reader.ofEntry(keyBytes, value);
  expect(read).toMatchObject({
    ...{ beginNs: 11, lastNs: 12, txFinNs: 13, rxFinNs: 14, rstNs: 15, synRetransmits: 3 },
    ...{ opener: 'remote', answered: true, end: 'fin', wanted: false, family: 6 },
    ...{ localPort: 80, remotePort: 443, ifindex: 2, netns: 4026531840, vlan: 100, innerVlan: 7 },
    owner: { pid: 4711 },
    tx: { skbs: 21, skbBytes: 22, payloadBytes: 23, packets: 45, bytes: 47 },
    rx: { skbs: 26, packets: 26 },
  });
  expect(Buffer.from(read.u8).toString('latin1', reader.places.local).slice(0, 5)).toBe('local');
  expect(Buffer.from(read.u8).toString('latin1', reader.places.comm).slice(0, 5)).toBe('curl\0');
  value.writeUInt8(0, offset(session, 'owned'));
  expect(reader.ofEntry(keyBytes, value).owner).toBeNull();
});
