// Struct descriptions as bpf-core gives them, for tests that need no object file.
import type { StructLayout } from '@imagesnoop/bpf-core';

type Field = StructLayout['fields'][number];

const unsigned = (name: string, offset: number, size: number): Field =>
  ({ name, offset, size, kind: 'int', signed: false, type: `__u${size * 8}` }) as Field;

const signed = (name: string, offset: number, size: number): Field =>
  ({ ...unsigned(name, offset, size), signed: true, type: `__s${size * 8}` }) as Field;

const chars = (name: string, offset: number, count: number): Field =>
  ({
    name,
    offset,
    size: count,
    kind: 'array',
    count,
    type: '',
    element: { kind: 'char', size: 1, signed: true, type: 'char' },
  }) as Field;

const HEADER = {
  name: 'header',
  offset: 0,
  size: 64,
  kind: 'struct',
  type: 'event_header',
  fields: [
    unsigned('ts_ns', 0, 8),
    unsigned('cgroup_id', 8, 8),
    unsigned('type', 16, 4),
    unsigned('pid', 20, 4),
    unsigned('tid', 24, 4),
    chars('comm', 48, 16),
  ],
} as unknown as Field;

/** struct { struct event_header header; ...; char path[]; } */
export const EVENT = {
  name: 'event',
  kind: 'struct',
  size: 96,
  type: 'event',
  fields: [
    HEADER,
    signed('ret', 64, 4),
    unsigned('length', 68, 2),
    unsigned('flag', 70, 1),
    signed('small', 71, 1),
    signed('delta', 72, 8),
    { ...unsigned('low', 80, 4), bits: 3, bitOffset: 0 },
    { ...signed('middle', 80, 4), bits: 13, bitOffset: 3 },
    unsigned('packed', 85, 8),
    unsigned('odd', 93, 2),
    chars('path', 96, 0),
  ],
} as unknown as StructLayout;

export const SIMPLE_HEADER = { ...HEADER, name: 'event_header' } as unknown as StructLayout;
