// Bytes as the kernel writes them, to rows as users see them. Needs the built object, no privileges.

import { Cursor, Layout } from '@imagesnoop/loader';
import { beforeAll, expect, test } from 'vitest';
import { BpfObject } from '../../bpf-core/dist/index.js';
import { connectFields, countFields } from '../src/columns.js';
import { type ConnectReaders, connectReaders, EVENT, OUTCOME } from '../src/event.js';

const OBJECT = new URL('../bpf/tcpconnect.bpf.o', import.meta.url).pathname;
const NO_OWNER = { container: () => null, k8s: () => null };

let read: ConnectReaders;
let layouts: Map<string, Layout>;

beforeAll(() => {
  const object = BpfObject.open(OBJECT);
  layouts = new Map(
    ['event_header', 'connect_event', 'attempt', 'flow_key', 'dns_event'].map((name) => {
      const struct = object.struct(name);
      if (struct === undefined) throw new Error(`no struct ${name}`);
      return [name, new Layout(struct)];
    }),
  );
  read = connectReaders(layouts.get('connect_event') as Layout);
  object.close();
});

/** A record, with what differs from an established IPv4 connection. */
function record(change: (bytes: Buffer) => void = () => {}): Cursor {
  const bytes = Buffer.alloc(128);
  bytes.writeBigUInt64LE(1_000_000_001_500n, 0);
  bytes.writeBigUInt64LE(77n, 8);
  [EVENT.connect, 10, 11, 1, 1000, 1001, 40, 41].forEach((value, i) => {
    bytes.writeUInt32LE(value, 16 + 4 * i);
  });
  bytes.write('curl\0left over', 48);
  bytes.writeBigUInt64LE(1_234_567n, 64);
  bytes.set([192, 0, 2, 1], 72);
  bytes.set([192, 0, 2, 2], 88);
  bytes.writeInt32LE(0, 104);
  bytes.writeUInt16LE(40_000, 112);
  bytes.writeUInt16LE(443, 114);
  bytes[116] = 4;
  bytes[117] = OUTCOME.established;
  bytes[118] = 1;
  change(bytes);
  return Cursor.over(bytes);
}

/** The row as the library yields it. */
function rowOf(at: Cursor, name: string | null = null): Record<string, unknown> {
  const all = connectFields(read, { ...read.owner, ...NO_OWNER }, () => name);
  return Object.fromEntries(all.map((field) => [field.name, field.value(at)]));
}

test('structs are as large as their headers say', () => {
  const sizes = [...layouts].map(([name, { size }]) => [name, size]);
  expect(Object.fromEntries(sizes)).toEqual({
    event_header: 64,
    connect_event: 128,
    attempt: 152,
    flow_key: 36,
    dns_event: 80,
  });
});

test('an established connection, field by field', () => {
  const { time, ...row } = rowOf(record(), 'www.example.org');
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  expect(row).toEqual({
    type: 'connect',
    ts_us: 1_000_000_001,
    pid: 10,
    tid: 11,
    ppid: 1,
    uid: 1000,
    gid: 1001,
    comm: 'curl',
    when: 'outcome',
    family: 4,
    saddr: '192.0.2.1',
    sport: 40_000,
    lport: 40_000,
    daddr: '192.0.2.2',
    dport: 443,
    dns: 'www.example.org',
    ret: 0,
    error: null,
    latency_us: 1235,
    mntns: 40,
    netns: 41,
    cgroup_id: '77',
    container: null,
    k8s: null,
  });
});

test.each<[string, (bytes: Buffer) => void, Record<string, unknown>]>([
  [
    'refused',
    (bytes) => {
      bytes[117] = OUTCOME.failed;
      bytes.writeUInt32LE(111, 108);
      bytes.writeInt32LE(-115, 104);
    },
    { error: 'ECONNREFUSED', ret: -115, latency_us: 1235 },
  ],
  [
    'given up by a process that was killed',
    (bytes) => bytes.set([OUTCOME.aborted, 0], 117),
    { error: 'aborted', ret: null, latency_us: 1235 },
  ],
  [
    'pending at the end',
    (bytes) => bytes.set([OUTCOME.pending], 117),
    { error: 'pending', ret: 0, latency_us: null, when: 'outcome' },
  ],
  [
    'begun',
    (bytes) => {
      bytes.writeUInt32LE(EVENT.begun, 16);
      bytes.set([OUTCOME.pending, 0], 117);
    },
    { error: null, ret: null, latency_us: null, when: 'attempt' },
  ],
  [
    'by IPv6',
    (bytes) => {
      bytes[116] = 6;
      bytes.set([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 72);
    },
    { family: 6, saddr: 'fd00::1', daddr: 'c000:202::' },
  ],
])('%s', (_what, change, wanted) => {
  expect(rowOf(record(change))).toMatchObject(wanted);
});

test('a hostile name is shown escaped and stays one line', () => {
  const all = connectFields(read, { ...read.owner, ...NO_OWNER }, () => 'a\n\u001b[2Jb');
  const field = all.find(({ name }) => name === 'dns');
  expect(field?.column.text(record())).toMatch(/^[\x20-\x7e]+$/);
});

test('counts', () => {
  const u8 = new Uint8Array(36);
  u8.set([192, 0, 2, 1], 0);
  u8.set([192, 0, 2, 2], 16);
  u8.set([0x50, 0x1f, 4, 0], 32);
  const row = { u8, connects: 12 };
  expect(countFields().map(({ name, value }) => [name, value(row)])).toEqual([
    ['type', 'count'],
    ['family', 4],
    ['saddr', '192.0.2.1'],
    ['daddr', '192.0.2.2'],
    ['dport', 0x1f50],
    ['connects', 12],
  ]);
});
