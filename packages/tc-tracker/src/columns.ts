import {
  bytesText,
  containerFields,
  type Field,
  fields,
  nanosecondsText,
  type OwnerEvent,
  rateText,
} from '@imagesnoop/output';
import type { Places, Session, Traffic } from './event.js';
import { hostPort } from './text.js';

/** One session, as JSON has it and as the library yields it. */
export interface SessionEvent {
  readonly type: 'session';
  /** When it began, or when its first packet was seen; RFC 3339 in UTC. */
  readonly time: string;
  readonly ts_us: number;
  /** Why there is this row: an interval is over, or the session is. */
  readonly when: 'interval' | 'end';
  /** The local process, if there is one and it has sent; else null. */
  readonly pid: number | null;
  readonly tid: number | null;
  readonly ppid: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly comm: string | null;
  readonly interface: string | null;
  readonly vlan: string | null;
  readonly family: 4 | 6;
  /** This side of the interface. */
  readonly saddr: string;
  readonly sport: number;
  readonly daddr: string;
  readonly dport: number;
  /** Which side's SYN opened it; null: it began before we looked. */
  readonly opener: 'local' | 'remote' | null;
  readonly preexisting: boolean;
  readonly state: 'opening' | 'open' | 'closing' | 'closed';
  readonly end: 'fin' | 'rst' | 'silence' | null;
  readonly duration_ns: number;
  readonly syn_retransmits: number;
  readonly tx_bytes: number;
  readonly rx_bytes: number;
  readonly tx_packets: number;
  readonly rx_packets: number;
  readonly tx_payload_bytes: number;
  readonly rx_payload_bytes: number;
  readonly tx_skbs: number;
  readonly rx_skbs: number;
  readonly tx_skb_bytes: number;
  readonly rx_skb_bytes: number;
  readonly bytes_per_s: number | null;
  readonly mntns: number | null;
  readonly netns: number;
  readonly cgroup_id: string | null;
  readonly container: OwnerEvent['container'];
  readonly k8s: OwnerEvent['k8s'];
}

/** A session at a moment. */
export interface SessionRow extends Session {
  readonly when: 'interval' | 'end';
  readonly durationNs: number;
  /** Both ways, since the last interval; null in its first row. */
  readonly bytesPerS: number | null;
  readonly interfaceName: string | null;
}

/** What is asked of those who know more than the packets tell. */
export interface Whose {
  container(row: SessionRow): Uint8Array | null;
  k8s(row: SessionRow): Uint8Array | null;
}

export function stateOf({
  end,
  opener,
  answered,
  txFinNs,
  rxFinNs,
}: Session): SessionEvent['state'] {
  if (end !== null) return 'closed';
  if (txFinNs > 0 || rxFinNs > 0) return 'closing';
  return opener !== null && !answered ? 'opening' : 'open';
}

/** As the table has them. */
const ENDS = { fin: 'fin', rst: 'rst', silence: 'sil' } as const;

const ARROWS = { local: '->', remote: '<-', unknown: '--' } as const;

export const arrowOf = ({ opener }: Session): string => ARROWS[opener ?? 'unknown'];

/** What is known of a session, in the order of JSON and columns. */
export function sessionFields(places: Places, whose: Whose): readonly Field<SessionRow>[] {
  const { uint, text } = fields;
  const wide = { show: 'wide' } as const;
  const local = { start: () => places.local };
  const remote = { start: () => places.remote };
  const comm = {
    start: ({ owner }: SessionRow) => (owner === null ? -1 : places.comm),
    end: ({ u8 }: SessionRow) => u8.indexOf(0, places.comm),
  };
  const family = (row: SessionRow): number => row.family;
  return [
    fields.constant('type', 'session', { description: 'Kind of event' }),
    fields.time('time', (row: SessionRow) => row.beginNs, {
      description: 'When it began, or when its first packet was seen; wall clock, UTC',
    }),
    uint('ts_us', (row) => Math.floor(row.beginNs / 1000), {
      description: 'The same since boot (CLOCK_MONOTONIC)',
      unit: 'µs',
    }),
    fields.choice('when', (row) => row.when, ['interval', 'end'], {
      description: 'Why there is this row: an interval is over, or the session is',
      metric: { countWhen: 'end' },
    }),
    uint('pid', (row) => row.owner?.pid ?? null, {
      description: 'Local process, the first that was seen to send; null: none, or not yet',
      column: {},
    }),
    uint('tid', (row) => row.owner?.tid ?? null, { description: 'Its thread' }),
    uint('ppid', (row) => row.owner?.ppid ?? null, { description: 'Process id of its parent' }),
    uint('uid', (row) => row.owner?.uid ?? null, { description: 'Its real user id', column: wide }),
    uint('gid', (row) => row.owner?.gid ?? null, { description: 'Its real group id' }),
    text('comm', comm, {
      description: 'Name of the thread, 15 bytes',
      column: { width: 10 },
    }),
    text('interface', (row) => row.interfaceName, {
      description: 'Interface that saw it; null: gone',
      column: { ...wide, header: 'IFACE', width: 10 },
    }),
    text('vlan', vlanText, { description: 'VLAN id, or both of QinQ as 100.7; null without' }),
    uint('family', family, { description: '4 or 6' }),
    fields.ip('saddr', local, family, {
      description: 'Address on this side of the interface',
      column: { ...wide, width: 15 },
    }),
    uint('sport', (row) => row.localPort, {
      description: 'Port on this side',
      column: { header: 'PORT', width: 5 },
    }),
    fields.choice('opener', (row) => row.opener, ['local', 'remote'], {
      description: 'Whose SYN opened it; null: it began before we looked',
      metric: 'label',
      column: { header: '', width: 2, text: arrowOf },
    }),
    fields.ip('daddr', remote, family, {
      description: 'Address of the other side',
      column: {
        header: 'REMOTE',
        width: 21,
        text: (row) => hostPort(row, places.remote, row.remotePort),
      },
    }),
    uint('dport', (row) => row.remotePort, { description: 'Port of the other side' }),
    fields.bool('preexisting', (row) => row.opener === null, {
      description: 'It began before we looked: counts and duration are of what was seen',
    }),
    fields.choice('state', stateOf, ['opening', 'open', 'closing', 'closed'], {
      description: 'opening: asked and not answered; closing: one side has closed',
      column: { ...wide, width: 7 },
    }),
    fields.choice('end', (row) => row.end, ['fin', 'rst', 'silence'], {
      description: 'How it ended; null: it goes on',
      metric: 'label',
      column: { width: 3, text: ({ end }) => (end === null ? '' : ENDS[end]) },
    }),
    ...trafficFields(),
    uint('bytes_per_s', (row) => row.bytesPerS, {
      description: 'Both ways, since the last interval; null in the first row of a session',
      unit: 'bytes/s',
      metric: 'gauge',
      column: {
        header: 'RATE',
        width: 8,
        text: ({ bytesPerS }) => (bytesPerS === null ? '-' : rateText(bytesPerS, 1000, bytesText)),
      },
    }),
    uint('duration_ns', (row) => row.durationNs, {
      description:
        "From the client's SYN to the server's FIN, or to what ended it; so far, if open",
      unit: 'ns',
      metric: 'latency',
      column: { header: 'TIME', width: 6, text: (row) => nanosecondsText(row.durationNs) },
    }),
    uint('syn_retransmits', (row) => row.synRetransmits, {
      description: 'Times the opening SYN was sent again',
      metric: 'sum',
    }),
    uint('mntns', (row) => row.owner?.mntns ?? null, {
      description: 'Mount namespace of the process',
    }),
    uint('netns', (row) => row.netns, { description: 'Network namespace of the interface' }),
    fields.bigText('cgroup_id', ({ owner }) => (owner === null ? null : BigInt(owner.cgroupId)), {
      description: 'Cgroup (v2) of the process',
    }),
    ...containerFields(whose),
  ];
}

const WAYS = [
  { way: 'tx', what: 'sent from this side', header: 'TX' },
  { way: 'rx', what: 'received on this side', header: 'RX' },
] as const;

function trafficFields(): Field<SessionRow>[] {
  const both = (
    name: string,
    read: (traffic: Traffic) => number,
    description: string,
    unit?: string,
    column?: (header: string) => object,
  ): Field<SessionRow>[] =>
    WAYS.map(({ way, what, header }) =>
      fields.uint(`${way}_${name}`, (row) => read(row[way]), {
        description: `${description}, ${what}`,
        ...(unit === undefined ? {} : { unit }),
        ...(column === undefined ? {} : { column: column(header) }),
      }),
    );
  const wide = (header: string): object => ({ show: 'wide', header: `${header}PKTS` });
  return [
    ...WAYS.map(({ way, what, header }) =>
      fields.uint(`${way}_bytes`, (row: SessionRow) => row[way].bytes, {
        description: `Frames as they are on the wire, ${what}`,
        unit: 'bytes',
        metric: 'sum',
        column: { header, width: 6, text: (row) => bytesText(row[way].bytes) },
      }),
    ),
    ...both('packets', ({ packets }) => packets, 'Packets on the wire', undefined, wide),
    ...both(
      'payload_bytes',
      (each) => each.payloadBytes,
      'What TCP carried, repeats included',
      'bytes',
    ),
    ...both(
      'skbs',
      ({ skbs }) => skbs,
      'Packets as the kernel handled them, after GRO, before GSO',
    ),
    ...both(
      'skb_bytes',
      ({ skbBytes }) => skbBytes,
      'The same in bytes, as interfaces count',
      'bytes',
    ),
  ];
}

function vlanText({ vlan, innerVlan }: Session): string | null {
  if (vlan === 0) return null;
  return innerVlan === 0 ? String(vlan) : `${vlan}.${innerVlan}`;
}
