import type { Field, Shared } from './field.js';
import { type ByteRange, type BytesRow, bigText, json, text, time, uint } from './fields.js';

/** What every event of every tool has, as JSON has it: when, who, where. */
export interface OwnerEvent {
  /** When it began, RFC 3339 in UTC with nanoseconds. */
  readonly time: string;
  /** The same in microseconds since boot (CLOCK_MONOTONIC). */
  readonly ts_us: number;
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly gid: number;
  readonly comm: string;
  readonly mntns: number;
  readonly netns: number;
  /** Decimal digits: it may exceed 2^53. */
  readonly cgroup_id: string;
  readonly container: {
    readonly id: string;
    readonly name: string | null;
    readonly image: string | null;
    readonly runtime: string;
  } | null;
  readonly k8s: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string | null;
  } | null;
}

/** How to read whose event it is; the loader's readers and the containers' answers fit. */
export interface Owner<Row> {
  readonly tsNs: (row: Row) => number;
  readonly pid: (row: Row) => number;
  readonly tid: (row: Row) => number;
  readonly ppid: (row: Row) => number;
  readonly uid: (row: Row) => number;
  readonly gid: (row: Row) => number;
  readonly comm: ByteRange<Row>;
  readonly mntns: (row: Row) => number;
  readonly netns: (row: Row) => number;
  /** Below 2^53: the kernel counts cgroups from 1. */
  readonly cgroupId: (row: Row) => number;
  /** Tells owners apart; all above but the time follow from it. */
  readonly key?: Shared<Row>;
  /** JSON values, rendered by whoever knows the containers. */
  readonly container: (row: Row) => Uint8Array | null;
  readonly k8s: (row: Row) => Uint8Array | null;
}

/** The two ends of an event's fields; a tool's own stand between them. */
export interface OwnerFields<Row> {
  /** time ts_us pid tid ppid uid gid comm */
  readonly first: readonly Field<Row>[];
  /** mntns netns cgroup_id container k8s */
  readonly last: readonly Field<Row>[];
}

const objectOrNull = (required: readonly string[]) => ({
  type: ['object', 'null'],
  required,
  properties: Object.fromEntries(required.map((name) => [name, { type: ['string', 'null'] }])),
});

/**
 * The fields that every event of every tool has, with one name and meaning: when, who, where.
 *
 * @param showUid `-U`: the UID column also in the usual table
 */
export function ownerFields<Row extends BytesRow>(
  owner: Owner<Row>,
  { showUid = false }: { showUid?: boolean } = {},
): OwnerFields<Row> {
  const wide = { show: 'wide' } as const;
  const shared = (fields: readonly Field<Row>[]): Field<Row>[] =>
    fields.map((field) => (owner.key === undefined ? field : { ...field, shared: owner.key }));
  return {
    first: [
      time('time', owner.tsNs, { description: 'When it began, wall clock, UTC', column: wide }),
      uint('ts_us', (row) => Math.floor(owner.tsNs(row) / 1000), {
        description: 'When it began, since boot (CLOCK_MONOTONIC)',
        unit: 'µs',
      }),
      ...shared([
        uint('pid', owner.pid, { description: 'Process id, as the host sees it', column: {} }),
        uint('tid', owner.tid, { description: 'Thread id', column: wide }),
        uint('ppid', owner.ppid, { description: 'Process id of the parent', column: wide }),
        uint('uid', owner.uid, {
          description: 'Real user id, as the host sees it',
          column: { show: showUid ? 'table' : 'wide' },
        }),
        uint('gid', owner.gid, { description: 'Real group id' }),
        text('comm', owner.comm, { description: 'Name of the thread, 15 bytes', column: {} }),
      ]),
    ],
    last: [
      ...shared([
        uint('mntns', owner.mntns, { description: 'Inode number of the mount namespace' }),
        uint('netns', owner.netns, { description: 'Inode number of the network namespace' }),
        bigText('cgroup_id', (row) => BigInt(owner.cgroupId(row)), {
          description: 'Inode number of the cgroup (v2)',
        }),
      ]),
      ...containerFields(owner),
    ],
  };
}

/**
 * Whose container and pod something is.
 *
 * @param column whether tables have the container
 */
export function containerFields<Row>(
  owner: Pick<Owner<Row>, 'container' | 'k8s'>,
  column: 'table' | 'wide' = 'wide',
): readonly Field<Row>[] {
  return [
    json('container', owner.container, {
      description: 'Container: id, name, image, runtime; null outside of containers',
      schema: objectOrNull(['id', 'name', 'image', 'runtime']),
      metric: 'label',
      column: { show: column, text: (row) => nameIn(owner.container(row)) },
    }),
    json('k8s', owner.k8s, {
      description: 'Kubernetes: namespace, pod, container; null outside of pods',
      schema: objectOrNull(['namespace', 'pod', 'container']),
      metric: 'label',
      column: { show: 'wide', header: 'POD', text: (row) => podIn(owner.k8s(row)) },
    }),
  ];
}

/** Its name, or the beginning of its id as runtimes show it. */
function nameIn(bytes: Uint8Array | null): string {
  const container = bytes === null ? null : JSON.parse(Buffer.from(bytes).toString());
  return container === null ? '-' : (container.name ?? container.id.slice(0, 12));
}

function podIn(bytes: Uint8Array | null): string {
  const k8s = bytes === null ? null : JSON.parse(Buffer.from(bytes).toString());
  return k8s === null ? '-' : `${k8s.namespace}/${k8s.pod}`;
}
