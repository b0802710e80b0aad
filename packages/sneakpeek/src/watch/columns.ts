import { type Cursor, type Layout, type OwnerReaders, ownerReaders } from '@imagesnoop/loader';
import {
  type ByteRun,
  byteRun,
  displayBytes,
  type Field,
  fields,
  isSuspicious,
  type Owner,
  type OwnerEvent,
  ownerFields,
  redact,
} from '@imagesnoop/output';
import { FLAG, WatchStrings } from './paths.js';

/** In the order of enum watch_operation in bpf/sneakpeek.h, from 1. */
export const OPERATIONS = [
  ...(['create', 'write', 'rename', 'delete', 'mode', 'owner', 'link'] as const),
];
/** In the order of enum watch_kind, from 1. */
const KINDS = ['file', 'directory', 'symlink', 'special'] as const;
const UNCHANGED = 0xffff_ffff;

/** One change, as JSON has it and as the library yields it. */
export interface WatchEvent extends OwnerEvent {
  readonly type: 'change';
  readonly operation: (typeof OPERATIONS)[number];
  /** What was created or deleted, as far as the call tells. */
  readonly kind: string | null;
  /** From the root of the container. */
  readonly path: string | null;
  /** The older name of what was renamed or linked. */
  readonly from: string | null;
  /** Both names of a rename changed places. */
  readonly exchange: boolean;
  /** Of a write: by this call. */
  readonly bytes: number | null;
  readonly mode: number | null;
  readonly new_uid: number | null;
  readonly new_gid: number | null;
  /** Of the process; its first 256 bytes, without secrets. */
  readonly argv: readonly string[];
}

/** Readers of `struct watch_event` (bpf/sneakpeek.h). */
export interface WatchReaders {
  readonly owner: OwnerReaders;
  readonly operation: (at: Cursor) => number;
  readonly kind: (at: Cursor) => number;
  readonly mode: (at: Cursor) => number;
  readonly uid: (at: Cursor) => number;
  readonly gid: (at: Cursor) => number;
  readonly flags: (at: Cursor) => number;
  readonly bytes: (at: Cursor) => number;
  readonly strings: WatchStrings;
}

export function watchReaders(layout: Layout): WatchReaders {
  return {
    owner: ownerReaders(layout),
    operation: layout.u32('operation'),
    kind: layout.u32('kind'),
    mode: layout.u32('mode'),
    uid: layout.u32('new_uid'),
    gid: layout.u32('new_gid'),
    flags: layout.u32('flags'),
    bytes: layout.u64('bytes'),
    strings: new WatchStrings(layout),
  };
}

/** What is known of a change, in the order of JSON and columns. */
export function watchFields(
  read: WatchReaders,
  owner: Owner<Cursor>,
  { several = true, showSecrets = false }: { several?: boolean; showSecrets?: boolean } = {},
): readonly Field<Cursor>[] {
  const { first, last } = ownerFields(owner);
  const operation = (row: Cursor) => OPERATIONS[read.operation(row) - 1] ?? null;
  const only = <T>(wanted: string, value: (row: Cursor) => T) => {
    return (row: Cursor): T | null => (operation(row) === wanted ? value(row) : null);
  };
  const id = (value: (row: Cursor) => number) =>
    only('owner', (row) => (value(row) === UNCHANGED ? null : value(row)));
  return [
    fields.constant('type', 'change', { description: 'Kind of event' }),
    ...first,
    fields.choice('operation', operation, OPERATIONS, {
      description: 'What was done',
      metric: 'label',
      column: { header: 'OP', width: 6 },
    }),
    fields.choice('kind', (row) => KINDS[read.kind(row) - 1] ?? null, KINDS, {
      description: 'What was created or deleted, as far as the call tells',
      column: { show: 'wide' },
    }),
    fields.bool('exchange', (row) => (read.flags(row) & FLAG.exchange) !== 0, {
      description: 'Both names of a rename changed places',
    }),
    fields.uint(
      'bytes',
      only('write', (row) => (read.flags(row) & FLAG.bytesUnknown ? null : read.bytes(row))),
      {
        description: 'Written by this call; 0 for a truncation, null through a memory map',
        unit: 'bytes',
        metric: 'sum',
        column: { show: 'wide' },
      },
    ),
    fields.uint('mode', only('mode', read.mode), {
      description: 'The new permissions (decimal)',
    }),
    fields.uint('new_uid', id(read.uid), { description: 'The new owner; null where it stays' }),
    fields.uint('new_gid', id(read.gid), { description: 'The new group; null where it stays' }),
    argvField(read, showSecrets),
    ...last.map((field) =>
      field.name === 'container' && several
        ? { ...field, column: { ...field.column, show: 'table' as const, width: 10 } }
        : field,
    ),
    withOlderName(
      byteRun('path', (row) => read.strings.path(row), {
        description:
          'What changed, from the root of the container; of a rename or link the new name',
        column: { width: 24, cut: 'start' },
      }),
      (row) => read.strings.from(row),
    ),
    byteRun('from', (row) => read.strings.from(row), {
      description: 'The older name of what was renamed or linked',
    }),
  ];
}

/** Arguments without what looks like a secret in them, unless that is asked for. */
function argvField(read: WatchReaders, showSecrets: boolean): Field<Cursor> {
  const options = {
    description: 'Arguments of the process, their first 256 bytes, without secrets',
    column: { width: 20, header: 'ARGS', show: 'wide' },
  } as const;
  const plain = fields.textList('argv', read.strings.argv, options);
  if (showSecrets) return plain;
  const shown = (row: Cursor): readonly string[] => {
    const words = plain.value(row) as readonly string[];
    return isSuspicious(words.join('\0')) ? redact(words) : words;
  };
  return fields.computed('argv', shown, {
    ...options,
    schema: plain.schema,
    column: { ...options.column, text: (row: Cursor) => shown(row).join(' ') },
  });
}

/** In tables one column has both names: `old -> new`. */
function withOlderName(field: Field<Cursor>, from: (row: Cursor) => ByteRun): Field<Cursor> {
  const text = (row: Cursor): string => {
    const { u8, start, end } = from(row);
    const older = start < 0 ? '' : `${displayBytes(u8, start, end)} -> `;
    return older + field.text(row);
  };
  return { ...field, column: { ...field.column, text } };
}
