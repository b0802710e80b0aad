import { byteRun, containerFields, type Field, fields } from '@imagesnoop/output';
import type { ChangeRow } from './change-row.js';
import { bytesOf } from './files/byte-path.js';
import { KINDS } from './files/changes.js';

/** One change, as JSON has it and as the library yields it. */
export interface ChangeEvent {
  readonly type: 'change';
  readonly change: 'A' | 'C' | 'D';
  readonly path: string;
  readonly host_path: string | null;
  readonly kind: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** RFC 3339, UTC, nanoseconds. */
  readonly mtime: string;
  readonly node: string | null;
  readonly container: { id: string; name: string | null; image: string | null; runtime: string };
  readonly k8s: { namespace: string; pod: string; container: string | null } | null;
}

export interface ColumnOptions {
  /** Tables have the paths of the host, where the container is mounted. */
  readonly hostPaths?: boolean;
  /** Rows of several containers. */
  readonly several?: boolean;
  /** Rows of several nodes. */
  readonly nodes?: boolean;
}

/** What is known of a change, in the order of JSON and columns. */
export function changeFields({
  hostPaths = false,
  several = false,
  nodes = false,
}: ColumnOptions = {}): readonly Field<ChangeRow>[] {
  const path = { width: 24, cut: 'start' } as const;
  const asked = { ...path, show: 'asked' } as const;
  return [
    fields.constant('type', 'change', { description: 'Kind of event' }),
    fields.computed('node', (row) => row.node, {
      description: 'Address of the node; null where only this machine was asked',
      schema: { type: ['string', 'null'] },
      column: { width: 15, show: nodes ? 'table' : 'asked' },
    }),
    fields.choice('change', (row) => row.change, ['A', 'C', 'D'], {
      description: 'Added, changed or deleted',
      column: { header: 'C', width: 1 },
    }),
    fields.choice('kind', (row) => row.kind, KINDS, {
      description: 'What it is now; of something deleted, what it was',
      column: { width: 9 },
    }),
    fields.uint('size', (row) => row.size, {
      description: 'Size of that',
      unit: 'bytes',
      column: { width: 9 },
    }),
    fields.uint('mode', (row) => row.mode, {
      description: 'Its permissions (decimal; octal in tables)',
      column: { width: 4, text: (row) => row.mode.toString(8).padStart(4, '0') },
    }),
    fields.uint('uid', (row) => row.uid, {
      description: 'Its owner, as the host counts',
      column: { show: 'wide' },
    }),
    fields.uint('gid', (row) => row.gid, { description: 'Its group' }),
    fields.computed('mtime', (row) => timeText(row.mtimeNs), {
      description: 'When its content last changed, UTC',
      schema: { type: 'string', format: 'date-time' },
      column: { width: 19, cut: false, text: (row) => timeText(row.mtimeNs).slice(0, 19) },
    }),
    ...containerFields<ChangeRow>(
      { container: (row) => row.container, k8s: (row) => row.k8s },
      several ? 'table' : 'wide',
    ),
    byteRun('path', ({ path }) => runOf(path), {
      description: 'From the root of the container',
      column: hostPaths ? asked : path,
    }),
    byteRun('host_path', ({ hostPath }) => runOf(hostPath), {
      description: 'On the host, where the container is mounted; null when it is not',
      column: hostPaths ? { ...path, header: 'PATH' } : { ...asked, header: 'HOST PATH' },
    }),
  ];
}

function runOf(path: string | null) {
  const u8 = bytesOf(path ?? '');
  return { u8, start: path === null ? -1 : 0, end: u8.length };
}

/** Nanoseconds since 1970 as RFC 3339 in UTC. */
function timeText(ns: bigint): string {
  const fraction = ((ns % SECOND) + SECOND) % SECOND;
  const seconds = new Date(Number((ns - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(9, '0')}Z`;
}

const SECOND = 1_000_000_000n;
