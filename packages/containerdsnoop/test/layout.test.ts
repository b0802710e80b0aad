// The readers of event.ts against the struct as the compiler laid it out.
import { readFileSync } from 'node:fs';
import { BpfObject } from '@imagesnoop/bpf-core';
import { Cursor, Layout } from '@imagesnoop/loader';
import { expect, test } from 'vitest';
import { containerdsnoopReaders } from '../src/event.js';

const object = BpfObject.open(
  readFileSync(new URL('../bpf/containerdsnoop.bpf.o', import.meta.url)),
);

test('each field of the struct is read where the compiler put it', () => {
  const struct = object.struct('containerdsnoop_event');
  if (struct === undefined) throw new Error('the object has no such struct');
  expect(struct.fields?.map(({ name }) => name)).toEqual([
    'header',
    'latency_ns',
    'ret',
    'reserved',
    'path',
  ]);
  const record = Buffer.alloc(struct.size);
  const offset = (name: string) => struct.fields?.find((each) => each.name === name)?.offset ?? -1;
  record.writeBigUInt64LE(12345n, offset('latency_ns'));
  record.writeInt32LE(-2, offset('ret'));
  record.write('/some/where\0rest', offset('path'));

  const read = containerdsnoopReaders(new Layout(struct));
  const at = Cursor.over(record);
  expect(read.latencyNs(at)).toBe(12345);
  expect(read.ret(at)).toBe(-2);
  expect(read.path(at)).toBe('/some/where');
});
