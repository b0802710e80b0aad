// The readers of records against the structs as the compiler laid them out.
import { readFileSync } from 'node:fs';
import { BpfObject } from '@imagesnoop/bpf-core';
import { Cursor, Layout } from '@imagesnoop/loader';
import { expect, test } from 'vitest';
import { readListeners, recordReaders } from '../src/capture/records.js';

const object = BpfObject.open(
  readFileSync(new URL('../bpf/containerdsnoop.bpf.o', import.meta.url)),
);

function structOf(name: string) {
  const struct = object.struct(name);
  if (struct === undefined) throw new Error(`the object has no struct ${name}`);
  return struct;
}

const read = recordReaders({ layout: (name: string) => new Layout(structOf(name)) } as never);

/** A record of a struct with some fields set: numbers by their size, text as it is. */
function record(name: string, values: Record<string, number | bigint | string>, tail = ''): Cursor {
  const struct = structOf(name);
  const bytes = Buffer.alloc(struct.size + tail.length);
  bytes.write(tail, struct.size, 'latin1');
  for (const [field, value] of Object.entries(values)) {
    const found = struct.fields.find((one) => one.name === field);
    if (found === undefined) throw new Error(`no field ${field}`);
    if (typeof value === 'string') bytes.write(value, found.offset, 'latin1');
    else if (found.size >= 8) bytes.writeBigUInt64LE(BigInt(value), found.offset);
    else bytes.writeUIntLE(Number(value), found.offset, found.size);
  }
  return Cursor.over(bytes);
}

test('open_event', () => {
  const at = record('open_event', {
    conn: 5n,
    client_pid: 12,
    server_pid: 13,
    from_start: 1,
    address_bytes: 8,
    address: '/a/b.so\0junk',
  });
  const { open } = read;
  expect([open.conn(at), open.clientPid(at), open.serverPid(at)]).toEqual([5n, 12, 13]);
  expect([open.fromStart(at), open.address(at)]).toEqual([1, '/a/b.so\0']);
});

test('received_event', () => {
  const values = { conn: 6n, offset: 2n ** 33n, length: 9, captured: 4, to_server: 1 };
  const at = record('received_event', values, 'bytesandmore');
  const { received } = read;
  expect([received.conn(at), received.offset(at), received.length(at)]).toEqual([6n, 2 ** 33, 9]);
  expect([received.toServer(at), received.bytes(at)]).toEqual([1, 'byte']);
});

test('sent_event', () => {
  const at = record('sent_event', { conn: 7n, offset: 3n, length: 10, to_server: 0 });
  const { sent } = read;
  expect([sent.conn(at), sent.offset(at), sent.length(at), sent.toServer(at)]).toEqual([
    7n,
    3,
    10,
    0,
  ]);
});

test('closed_event', () => {
  const at = record('closed_event', { conn: 8n, sent: 100n });
  at.u64[
    (structOf('closed_event').fields.find(({ name }) => name === 'sent')?.offset ?? 0) / 8 + 1
  ] = 200n;
  const { closed } = read;
  expect([closed.conn(at), closed.sent[0](at), closed.sent[1](at)]).toEqual([8n, 100, 200]);
});

test('holder_event', () => {
  const at = record('holder_event', { conn: 9n, role: 1 });
  expect([read.holder.conn(at), read.holder.role(at)]).toEqual([9n, 1]);
});

test('what the iterator writes', () => {
  const one = record('listener', {
    pid: 77,
    address_bytes: 6,
    address: '\0name\0',
    comm: 'daemon',
  });
  const two = record('listener', { pid: 78, address_bytes: 5, address: '/sock', comm: 'other' });
  expect(readListeners(Buffer.concat([one.u8, two.u8, Buffer.alloc(7)]))).toEqual([
    { pid: 77, address: '@name', comm: 'daemon' },
    { pid: 78, address: '/sock', comm: 'other' },
  ]);
});
