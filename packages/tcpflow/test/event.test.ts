// Bytes as the kernel writes them, to rows as users see them. Needs the built object, no privileges.
import { Cursor, Layout } from '@imagesnoop/loader';
import { beforeAll, expect, test } from 'vitest';
import { BpfObject } from '../../bpf-core/dist/index.js';
import { eventFields, flowFields } from '../src/columns.js';
import {
  EVENT,
  type FlowEventReaders,
  type FlowReaders,
  flowEventReaders,
  flowReaders,
} from '../src/event.js';

const OBJECT = new URL('../bpf/tcpflow.bpf.o', import.meta.url).pathname;
const NO_OWNER = { container: () => null, k8s: () => null };

let layouts: Map<string, Layout>;
let readFlow: FlowReaders;
let readEvent: FlowEventReaders;

beforeAll(() => {
  const object = BpfObject.open(OBJECT);
  layouts = new Map(
    ['event_header', 'flow_key', 'flow', 'flow_event', 'open_flow'].map((name) => {
      const struct = object.struct(name);
      if (struct === undefined) throw new Error(`no struct ${name}`);
      return [name, new Layout(struct)];
    }),
  );
  object.close();
  readFlow = flowReaders(layouts.get('flow') as Layout);
  readEvent = flowEventReaders(layouts.get('flow_event') as Layout);
});

function header(size: number, type: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeBigUInt64LE(1_000_000_001_500n, 0);
  bytes.writeBigUInt64LE(77n, 8);
  [type, 10, 11, 1, 1000, 1001, 40, 41].forEach((value, i) => {
    bytes.writeUInt32LE(value, 16 + 4 * i);
  });
  bytes.write('curl\0left over', 48);
  return bytes;
}

/** Twelve calls within 1.1 seconds. */
function flow(call: number, change: (bytes: Buffer) => void = () => {}): Cursor {
  const bytes = header(120, EVENT.flow);
  bytes.writeBigUInt64LE(1_001_100_001_500n, 64);
  bytes.writeBigUInt64LE(12n, 72);
  bytes.set([192, 0, 2, 1], 80);
  bytes.set([192, 0, 2, 2], 96);
  bytes.writeUInt16LE(443, 112);
  bytes.set([4, call], 114);
  change(bytes);
  return Cursor.over(bytes);
}

/** A connection that the other side has closed after 1.5 ms. */
function event(type: number, change: (bytes: Buffer) => void = () => {}): Cursor {
  const bytes = header(152, type);
  bytes.writeBigUInt64LE(4242n, 64);
  bytes.writeBigUInt64LE(1_500_000n, 72);
  bytes.writeBigUInt64LE(1000n, 80);
  bytes.writeBigUInt64LE(5000n, 88);
  bytes.set([192, 0, 2, 1], 96);
  bytes.set([192, 0, 2, 2], 112);
  bytes.writeUInt32LE(3, 128);
  bytes.writeUInt16LE(40_000, 136);
  bytes.writeUInt16LE(443, 138);
  bytes.set([4, 0, 2, 1, 0, EVENT.connect], 140);
  change(bytes);
  return Cursor.over(bytes);
}

const flows = () => flowFields(readFlow, { ...readFlow.owner, ...NO_OWNER });
const events = () => eventFields(readEvent, { ...readEvent.owner, ...NO_OWNER });
const rowOf = (fields: ReturnType<typeof flows>, at: Cursor): Record<string, unknown> =>
  Object.fromEntries(fields.map((field) => [field.name, field.value(at)]));
const cell = (fields: ReturnType<typeof flows>, name: string, at: Cursor) =>
  fields.find((field) => field.name === name)?.column.text(at);

const OWNER = {
  ts_us: 1_000_000_001,
  pid: 10,
  tid: 11,
  ppid: 1,
  uid: 1000,
  gid: 1001,
  comm: 'curl',
  mntns: 40,
  netns: 41,
  cgroup_id: '77',
  container: null,
  k8s: null,
};

test('structs are as large as their header says', () => {
  const sizes = [...layouts].map(([name, { size }]) => [name, size]);
  expect(Object.fromEntries(sizes)).toEqual({
    event_header: 64,
    flow_key: 56,
    flow: 120,
    flow_event: 152,
    open_flow: 168,
  });
});

test('a flow of connects, field by field', () => {
  const { time, last_time, ...row } = rowOf(flows(), flow(EVENT.connect));
  expect(Date.parse(last_time as string) - Date.parse(time as string)).toBe(1100);
  expect(row).toEqual({
    ...OWNER,
    type: 'flow',
    call: 'connect',
    family: 4,
    saddr: '192.0.2.1',
    daddr: '192.0.2.2',
    rport: 443,
    lport: null,
    count: 12,
    mtbs_s: 0.1,
  });
  expect(cell(flows(), 'mtbs_s', flow(EVENT.connect))).toBe('0.100000');
});

test('of accepts the remote side is the source', () => {
  expect(rowOf(flows(), flow(EVENT.accept))).toMatchObject({
    call: 'accept',
    saddr: '192.0.2.2',
    daddr: '192.0.2.1',
    rport: null,
    lport: 443,
  });
});

test('one call has no time between calls', () => {
  const one = flow(EVENT.connect, (bytes) => bytes.writeBigUInt64LE(1n, 72));
  expect(rowOf(flows(), one).mtbs_s).toBe(null);
  expect(cell(flows(), 'mtbs_s', one)).toBe('-');
});

test('an alert says so', () => {
  const alert = flow(EVENT.connect, (bytes) => bytes.writeUInt32LE(EVENT.alert, 16));
  expect(rowOf(flows(), alert).type).toBe('alert');
});

test('a close, field by field', () => {
  const { time, ...row } = rowOf(events(), event(EVENT.close));
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  expect(row).toEqual({
    ...OWNER,
    type: 'close',
    call: 'connect',
    flow: '4242',
    family: 4,
    saddr: '192.0.2.1',
    daddr: '192.0.2.2',
    sport: 40_000,
    dport: 443,
    preexisting: false,
    error: null,
    closed_by: 'remote',
    end: 'fin',
    duration_ns: 1_500_000,
    tx_bytes: 1000,
    rx_bytes: 5000,
    retransmits: 3,
  });
});

test.each<[string, number, (bytes: Buffer) => void, Record<string, unknown>, string, string]>([
  [
    'closed by its own side',
    EVENT.close,
    (b) => b.set([1, 2], 142),
    { end: 'rst' },
    'X',
    'local rst 1.5 ms',
  ],
  ['timed out', EVENT.close, (b) => b.set([0, 3], 142), { closed_by: null }, 'X', 'timeout 1.5 ms'],
  ['of unknown age', EVENT.close, (b) => b.fill(0, 72, 80), { duration_ns: null }, 'X', 'peer fin'],
  [
    'refused',
    EVENT.connect,
    (b) => b.writeUInt32LE(111, 132),
    { error: 'ECONNREFUSED', tx_bytes: null, closed_by: null },
    'C',
    'ECONNREFUSED',
  ],
  ['given up', EVENT.connect, (b) => b.set([1], 141), { error: 'aborted' }, 'C', 'aborted'],
  ['established', EVENT.connect, () => {}, { error: null, end: null }, 'C', ''],
  ['open before', EVENT.accept, (b) => b.set([1], 144), { preexisting: true }, 'A', 'preexisting'],
])('%s', (_what, type, change, wanted, letter, how) => {
  const at = event(type, change);
  expect(rowOf(events(), at)).toMatchObject(wanted);
  expect(cell(events(), 'type', at)).toBe(letter);
  expect(cell(events(), 'end', at)).toBe(how);
});
