import type { Cursor } from '@imagesnoop/loader';
import { type Field, fields, type Owner, type OwnerEvent, ownerFields } from '@imagesnoop/output';
import type { ContainerdsnoopReaders } from './event.js';

/** One call, as JSON has it and as the library yields it. */
export interface ContainerdsnoopEvent extends OwnerEvent {
  readonly type: 'chdir';
  /** 0 or a negative errno. */
  readonly ret: number;
  /** Name of that errno. */
  readonly error: string | null;
  readonly latency_us: number;
  /** As the caller gave it. */
  readonly path: string;
}

export interface ColumnOptions {
  /** `-U` */
  readonly showUid?: boolean;
}

/** What is known of a call, in the order of JSON and columns. */
export function containerdsnoopFields(
  read: ContainerdsnoopReaders,
  owner: Owner<Cursor>,
  options: ColumnOptions = {},
): readonly Field<Cursor>[] {
  const { first, last } = ownerFields(owner, options);
  return [
    fields.constant('type', 'chdir', { description: 'Kind of event' }),
    ...first,
    fields.int('ret', read.ret, { description: 'What the call returned: 0 or a negative errno' }),
    fields.errno('error', read.ret, {
      description: 'Name of that errno, null when the call succeeded',
      column: { width: 8 },
    }),
    fields.uint('latency_us', (row) => Math.round(read.latencyNs(row) / 1000), {
      description: 'From the start of the call to its end',
      unit: 'µs',
      column: { header: 'LAT(us)', show: 'wide' },
    }),
    fields.text('path', read.path, {
      description: 'The path as the caller gave it, 255 bytes at most',
      column: { width: 24 },
    }),
    ...last,
  ];
}
