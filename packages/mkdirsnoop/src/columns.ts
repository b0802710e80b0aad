import type { Cursor } from '@imagesnoop/loader';
import {
  byteRun,
  type Field,
  fields,
  type Owner,
  type OwnerEvent,
  ownerFields,
} from '@imagesnoop/output';
import type { MkdirReaders } from './event.js';

/** One mkdir, as JSON has it and as the library yields it. */
export interface MkdirEvent extends OwnerEvent {
  readonly type: 'mkdir';
  /** Permissions asked for, before the umask. */
  readonly mode: number;
  /** 0 or a negative errno. */
  readonly ret: number;
  /** Name of that errno. */
  readonly error: string | null;
  readonly latency_us: number;
  /** The path exactly as the caller gave it; null when its memory was unreadable. */
  readonly argv: string | null;
  /** Absolute, from the caller's root. */
  readonly path: string | null;
  /** Absolute, as the host sees it; null when it does not, or when that cannot be told for sure. */
  readonly host_path: string | null;
}

export interface ColumnOptions {
  /** `-U` */
  readonly showUid?: boolean;
}

/** What is known of a mkdir, in the order of JSON and columns. */
export function mkdirFields(
  read: MkdirReaders,
  owner: Owner<Cursor>,
  options: ColumnOptions = {},
): readonly Field<Cursor>[] {
  const { first, last } = ownerFields(owner, options);
  return [
    fields.constant('type', 'mkdir', { description: 'Kind of event' }),
    ...first,
    fields.uint('mode', read.mode, {
      description: 'Permissions asked for, before the umask (decimal; octal in tables)',
      column: { width: 4, text: (row) => read.mode(row).toString(8).padStart(4, '0') },
    }),
    fields.int('ret', read.ret, { description: 'What the call returned: 0 or a negative errno' }),
    fields.errno('error', read.ret, {
      description: 'Name of that errno, null when the directory was made',
      column: { width: 8 },
    }),
    fields.uint('latency_us', (row) => Math.round(read.latencyNs(row) / 1000), {
      description: 'From the start of the call to its end',
      unit: 'µs',
      metric: 'latency',
      column: { header: 'LAT(us)', show: 'wide' },
    }),
    fields.text('argv', read.paths.argv, {
      description: 'The path exactly as the caller gave it, up to PATH_MAX; null when unreadable',
    }),
    byteRun('path', (row) => read.paths.path(row), {
      description: "The same, absolute, from the caller's root; links are not resolved",
      column: { width: 24, cut: 'start' },
    }),
    byteRun('host_path', (row) => read.paths.hostPath(row), {
      description: 'The same as the host sees it; null when the host does not see it',
      column: { show: 'wide', header: 'HOST PATH', width: 24, cut: 'start' },
    }),
    ...last,
  ];
}
