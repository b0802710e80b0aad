import type { Cursor } from '@imagesnoop/loader';
import {
  type Field,
  fields,
  nanosecondsText,
  type Owner,
  type OwnerEvent,
  ownerFields,
  type Section,
} from '@imagesnoop/output';
import { EVENT, type FlowEventReaders, type FlowReaders } from './event.js';

/** Calls of one process between the same addresses, as JSON has them and the library yields them. */
export interface Flow extends OwnerEvent {
  /** `alert`: told at the moment it passed the limits. */
  readonly type: 'flow' | 'alert';
  readonly call: 'connect' | 'accept';
  readonly family: 4 | 6;
  /** Of who connects: the local address of a connect, the remote one of an accept. */
  readonly saddr: string;
  /** Of who is connected to. */
  readonly daddr: string;
  /** Remote port of connects, else null. */
  readonly rport: number | null;
  /** Local port of accepts, else null. */
  readonly lport: number | null;
  readonly count: number;
  /** Mean time between two calls in seconds; null for one call. */
  readonly mtbs_s: number | null;
  /** Time of the last call, as `time` is of the first. */
  readonly last_time: string;
}

/** One connect, accept or close. */
export interface FlowEvent extends OwnerEvent {
  readonly type: 'connect' | 'accept' | 'close';
  /** How the flow began. */
  readonly call: 'connect' | 'accept';
  /** The same in all rows of one connection: its socket's cookie, in decimal digits. */
  readonly flow: string;
  readonly family: 4 | 6;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number;
  readonly dport: number;
  /** It was open when the tracer started. */
  readonly preexisting: boolean;
  /** Why a connect failed, or what the application is told at a close; null: nothing. */
  readonly error: string | null;
  /** The first to send FIN, or who reset it; null while it is open, and if a timeout came first. */
  readonly closed_by: 'local' | 'remote' | null;
  readonly end: 'fin' | 'rst' | 'timeout' | null;
  readonly duration_ns: number | null;
  readonly tx_bytes: number | null;
  readonly rx_bytes: number | null;
  readonly retransmits: number | null;
}

export interface ColumnOptions {
  /** `-U` */
  readonly showUid?: boolean;
}

/** The columns of the original tool, and what else is known of a flow. */
export function flowFields(
  read: FlowReaders,
  owner: Owner<Cursor>,
  options: ColumnOptions = {},
): readonly Field<Cursor>[] {
  const { first, last } = ownerFields(owner, options);
  const accepted = (row: Cursor) => read.call(row) === EVENT.accept;
  return [
    fields.choice(
      'type',
      (row) => (read.type(row) === EVENT.alert ? 'alert' : 'flow'),
      ['flow', 'alert'],
      {
        description: 'Kind of row; alert: told at the moment the flow passed the limits',
        metric: 'label',
      },
    ),
    ...first,
    fields.choice('call', (row) => (accepted(row) ? 'accept' : 'connect'), ['connect', 'accept'], {
      description: 'Which call is counted',
      metric: 'label',
    }),
    fields.uint('family', read.family, {
      description: '4 or 6; 4 also for a dual-stack socket that talks IPv4',
      column: { header: 'IP', width: 2 },
    }),
    fields.ip(
      'saddr',
      { start: (row) => (accepted(row) ? read.remote : read.local).start(row) },
      read.family,
      { description: 'Who connects: of an accept the remote address', column: {} },
    ),
    fields.ip(
      'daddr',
      { start: (row) => (accepted(row) ? read.local : read.remote).start(row) },
      read.family,
      { description: 'Who is connected to: of an accept the local address', column: {} },
    ),
    fields.uint('rport', (row) => (accepted(row) ? null : read.port(row)), {
      description: 'Remote port of connects; null for accepts',
      column: { width: 5 },
    }),
    fields.uint('lport', (row) => (accepted(row) ? read.port(row) : null), {
      description: 'Local port of accepts; null for connects',
      column: { width: 5 },
    }),
    fields.uint('count', read.count, {
      description: 'Calls',
      column: { width: 7 },
      metric: 'gauge',
    }),
    fields.computed('mtbs_s', read.mtbs, {
      description: 'Mean time between two calls; null for one call',
      unit: 's',
      schema: { type: ['number', 'null'], minimum: 0 },
      column: { header: 'MTBS(s)', width: 9, text: (row) => read.mtbs(row)?.toFixed(6) ?? '-' },
    }),
    fields.time('last_time', read.lastNs, {
      description: 'Time of the last call, as `time` is of the first',
      column: { show: 'wide', header: 'LAST' },
    }),
    ...last,
  ];
}

/** The two tables of the original tool, and one for alerts. */
export function sectionsOf(
  all: readonly Field<Cursor>[],
  times: readonly Field<Cursor>[],
  read: FlowReaders,
  wide: boolean,
): readonly Section<Cursor>[] {
  const asked = ({ column: { show } }: Field<Cursor>) =>
    show === 'table' || (wide && show === 'wide');
  const shown = [...times, ...all.filter((field) => asked(field) && !times.includes(field))];
  const without = (name: string) => shown.filter((field) => field.name !== name);
  const isAlert = (row: Cursor) => read.type(row) === EVENT.alert;
  const call = all.find(({ name }) => name === 'call') as Field<Cursor>;
  const port = fields.uint('port', read.port, { description: 'Either', column: { width: 5 } });
  const alerts = without('lport').map((field) => (field.name === 'rport' ? port : field));
  return [
    {
      fields: [
        { ...call, column: { ...call.column, header: 'ALERT', width: 7, cut: false } },
        ...alerts,
      ],
      takes: isAlert,
    },
    {
      fields: without('lport'),
      takes: (row) => read.call(row) === EVENT.connect,
      always: true,
    },
    { fields: without('rport'), takes: () => true, always: true },
  ];
}

const LETTERS = { connect: 'C', accept: 'A', close: 'X' } as const;

/** The columns of bcc's tcptracer, and what else is known of an event. */
export function eventFields(
  read: FlowEventReaders,
  owner: Owner<Cursor>,
  options: ColumnOptions = {},
): readonly Field<Cursor>[] {
  const { first, last } = ownerFields(owner, options);
  const type = (row: Cursor) => TYPES[read.type(row)] ?? 'close';
  const wide = { show: 'wide' } as const;
  const error = fields.errno<Cursor>('error', read.error, {
    description:
      'Why a connect failed (aborted: by its own side), or what a close tells the application',
    column: wide,
  });
  return [
    fields.choice('type', type, ['connect', 'accept', 'close'], {
      description: 'What happened',
      metric: 'label',
      column: { header: 'T', width: 1, text: (row) => LETTERS[type(row)] },
    }),
    ...first,
    fields.choice(
      'call',
      (row) => (read.call(row) === EVENT.accept ? 'accept' : 'connect'),
      ['connect', 'accept'],
      { description: 'How the connection began', metric: 'label' },
    ),
    fields.bigText('flow', read.flow, {
      description: 'The same in all rows of a connection: the cookie of its socket',
      column: wide,
    }),
    fields.uint('family', read.family, {
      description: '4 or 6; 4 also for a dual-stack socket that talks IPv4',
      column: { header: 'IP', width: 2 },
    }),
    fields.ip('saddr', read.local, read.family, { description: 'Local address', column: {} }),
    fields.ip('daddr', read.remote, read.family, { description: 'Remote address', column: {} }),
    fields.uint('sport', read.sport, { description: 'Local port', column: { width: 5 } }),
    fields.uint('dport', read.dport, { description: 'Remote port', column: { width: 5 } }),
    fields.bool('preexisting', read.preexisting, {
      description: 'The connection was open when the tool started',
    }),
    error,
    fields.choice('closed_by', read.closedBy, ['local', 'remote'], {
      description: 'Who ended it; null while it is open, and when nobody did before a timeout',
    }),
    fields.choice('end', read.end, ['fin', 'rst', 'timeout'], {
      description: 'How it ended: by FIN, by RST or because nobody answered',
      metric: 'label',
      column: { header: 'HOW', width: 16, cut: false, text: (row) => howText(row, read, error) },
    }),
    fields.uint('duration_ns', read.durationNs, {
      description: 'At a close, from connected or accepted to the end; null if not seen from there',
      unit: 'ns',
      metric: 'latency',
    }),
    fields.uint('tx_bytes', read.txBytes, {
      description: 'At a close: payload sent, without repetitions',
      unit: 'bytes',
      metric: 'sum',
      column: wide,
    }),
    fields.uint('rx_bytes', read.rxBytes, {
      description: 'At a close: payload received',
      unit: 'bytes',
      metric: 'sum',
      column: wide,
    }),
    fields.uint('retransmits', read.retransmits, {
      description: 'At a close: segments sent again, those of the handshake included',
      metric: 'sum',
      column: { ...wide, header: 'RETR' },
    }),
    ...last,
  ];
}

const TYPES: Readonly<Record<number, keyof typeof LETTERS>> = {
  [EVENT.connect]: 'connect',
  [EVENT.accept]: 'accept',
  [EVENT.close]: 'close',
};

/** `peer fin 1.2 ms`: one cell for who, how and after how long. */
function howText(row: Cursor, read: FlowEventReaders, error: Field<Cursor>): string {
  if (read.preexisting(row) && read.type(row) !== EVENT.close) return 'preexisting';
  if (read.type(row) !== EVENT.close) return error.text(row);
  const side = { local: 'local ', remote: 'peer ', none: '' }[read.closedBy(row) ?? 'none'];
  const duration = read.durationNs(row);
  return `${side}${read.end(row)}${duration === null ? '' : ` ${nanosecondsText(duration)}`}`;
}
