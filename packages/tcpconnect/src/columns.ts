import type { Cursor } from '@imagesnoop/loader';
import { type Field, fields, type Owner, type OwnerEvent, ownerFields } from '@imagesnoop/output';
import { FLOW_KEY, type FlowCount, flowFamily, flowPort } from './counts.js';
import { type ConnectReaders, EVENT } from './event.js';

/** One attempt to connect, as JSON has it and as the library yields it. */
export interface ConnectEvent extends OwnerEvent {
  readonly type: 'connect';
  /** What this row tells: that an attempt began, or how it ended. */
  readonly when: 'attempt' | 'outcome';
  /** Of what was spoken: a dual-stack socket that connects to an IPv4-mapped address has 4. */
  readonly family: 4 | 6;
  readonly saddr: string;
  /** Local port, 0 if none was assigned. `lport` is the same by its older name. */
  readonly sport: number;
  readonly lport: number;
  readonly daddr: string;
  readonly dport: number;
  /** Name that this process, or one beside it, looked up for `daddr`; only with `dns`. */
  readonly dns: string | null;
  /** As the system call returned it; null when it did not return, or there was none. */
  readonly ret: number | null;
  /** Null: established. An errno's name, `aborted` (given up by its own side) or `pending`. */
  readonly error: string | null;
  /** From the attempt to its outcome. */
  readonly latency_us: number | null;
}

export interface ColumnOptions {
  /** `-U` */
  readonly showUid?: boolean;
  /** `-L` */
  readonly showLocalPort?: boolean;
  /** `-d` */
  readonly dns?: boolean;
}

/** What is known of an attempt, in the order of JSON and columns. */
export function connectFields(
  read: ConnectReaders,
  owner: Owner<Cursor>,
  nameOf: (row: Cursor) => string | null,
  { showUid = false, showLocalPort = false, dns = false }: ColumnOptions = {},
): readonly Field<Cursor>[] {
  const { first, last } = ownerFields(owner, { showUid });
  return [
    fields.constant('type', 'connect', { description: 'Kind of event' }),
    ...first,
    fields.choice(
      'when',
      (row) => (read.type(row) === EVENT.begun ? 'attempt' : 'outcome'),
      ['attempt', 'outcome'],
      {
        description: 'What the row tells: that an attempt began, or how it ended',
        metric: 'label',
      },
    ),
    fields.uint('family', read.family, {
      description: '4 or 6; 4 also for a dual-stack socket that talks IPv4',
      column: { header: 'IP', width: 2 },
    }),
    fields.ip('saddr', read.saddr, read.family, {
      description: 'Local address; all zeros when none was chosen',
      column: {},
    }),
    fields.uint('sport', read.lport, { description: 'Local port, 0 when none was assigned' }),
    fields.uint('lport', read.lport, {
      description: 'The same, by its older name',
      column: { show: showLocalPort ? 'table' : 'wide', width: 5 },
    }),
    fields.ip('daddr', read.daddr, read.family, { description: 'Remote address', column: {} }),
    fields.uint('dport', read.dport, { description: 'Remote port', column: { width: 5 } }),
    fields.text('dns', nameOf, {
      description: 'Name looked up for the remote address; null without --dns or when unknown',
      column: { show: dns ? 'table' : 'asked', header: 'NAME', width: 24 },
    }),
    fields.int('ret', read.ret, {
      description: 'What the call returned; null when it never did, or there was none',
      column: { show: 'wide', width: 5 },
    }),
    fields.errno('error', read.error, {
      description: 'Why it failed, by name; null: established; aborted: by its own side; pending',
      column: { width: 12 },
    }),
    fields.uint('latency_us', read.latencyUs, {
      description: 'From the attempt to its outcome',
      unit: 'µs',
      metric: 'latency',
      column: { header: 'LAT(ms)', width: 8, text: (row) => milliseconds(read.latencyUs(row)) },
    }),
    ...last,
  ];
}

function milliseconds(us: number | null): string {
  return us === null ? '-' : (us / 1000).toFixed(3);
}

/** Columns as the original tool has them. */
export function countFields(): readonly Field<FlowCount>[] {
  return [
    fields.constant('type', 'count', { description: 'Kind of row' }),
    fields.uint('family', flowFamily, { description: '4 or 6' }),
    fields.ip('saddr', { start: () => FLOW_KEY.saddr }, flowFamily, {
      description: 'Local address',
      column: { header: 'LADDR', width: 25 },
    }),
    fields.ip('daddr', { start: () => FLOW_KEY.daddr }, flowFamily, {
      description: 'Remote address',
      column: { header: 'RADDR', width: 25 },
    }),
    fields.uint('dport', flowPort, {
      description: 'Remote port',
      column: { header: 'RPORT', width: 6 },
    }),
    fields.uint('connects', ({ connects }) => connects, {
      description: 'Attempts, however they ended',
      metric: 'sum',
      column: { width: 10 },
    }),
  ];
}
