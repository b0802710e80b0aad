import type { Containers } from '@imagesnoop/containers';
import {
  type Cursor,
  openSession,
  type Session,
  type SessionOptions,
  type TracerPlan,
} from '@imagesnoop/loader';
import { type Batch, events, type LostEvent, type Source } from '@imagesnoop/output';
import { Answers } from './answers.js';
import { type ColumnOptions, type ConnectEvent, connectFields, countFields } from './columns.js';
import { type FlowCount, MAX_FLOWS, readCounts } from './counts.js';
import { connectReaders, EVENT } from './event.js';
import { type HookNeeds, hooksFor } from './hooks.js';
import { type NetworkSet, networkEntries, writeNetworks } from './networks.js';
import { pendingRows, type RowsWanted } from './pending.js';
import { trigger } from './trigger.js';

export type { LostEvent } from '@imagesnoop/output';
export type { ConnectEvent } from './columns.js';

export interface TcpConnectsOptions extends SessionOptions {
  /** Only IPv4 or only IPv6; a dual-stack socket counts as what it talks. */
  readonly family?: 4 | 6 | undefined;
  /** Only remote addresses that pass; the longest network that matches decides. */
  readonly networks?: NetworkSet | undefined;
  /** A row when an attempt begins, when it ends, or both. Default `outcome`. */
  readonly when?: 'attempt' | 'outcome' | 'both' | undefined;
  /** Only attempts that failed or were given up. */
  readonly failedOnly?: boolean;
  /**
   * Watch calls for attempts that fail at once and for exact `ret`; default true. Without, a kernel
   * that has only tracepoints spares each system call of the machine 15 to 36 ns.
   */
  readonly syncErrors?: boolean;
  /** Learn names from the answers that traced processes receive. */
  readonly dns?: boolean;
}

interface CountOptions {
  /** Rows are `FlowCount`s at the end instead of events. */
  readonly count?: boolean;
}

function planFor(needs: HookNeeds, aggregates = false): TracerPlan {
  const object = new URL('../bpf/tcpconnect.bpf.o', import.meta.url);
  return { object, hooks: hooksFor(needs), trigger, aggregates };
}

/** What the kernel is asked for by default, for those who ask whether it can. */
export const plan = planFor({ returns: true, ports: false, answers: false });

/**
 * Every attempt to connect by TCP on this machine, once, from when the first event is asked for until
 * `signal` aborts or the loop is left. Unlike the command, it does not give up root unless `drop` is
 * set: the process is yours.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, ... (docs/errors.md)
 *
 * @example
 * for await (const event of tcpConnects({ signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'connect') console.log(event.comm, event.daddr, event.dport, event.error);
 * }
 */
export async function* tcpConnects({
  signal,
  ...options
}: TcpConnectsOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  ConnectEvent | LostEvent,
  void,
  void
> {
  const source = await openTcpConnects({ drop: false, ...options });
  yield* events<ConnectEvent, Cursor>(source as Source<Cursor>, signal);
}

const WHEN = { attempt: 1, outcome: 2, both: 3 } as const;

/** Attaches; events flow when it resolves. */
export async function openTcpConnects({
  family,
  networks,
  when = 'outcome',
  failedOnly = false,
  syncErrors = true,
  dns = false,
  count = false,
  showUid = false,
  showLocalPort = false,
  ...options
}: TcpConnectsOptions & CountOptions & ColumnOptions): Promise<Source<never>> {
  const rodata = {
    cfg_when: WHEN[when],
    cfg_failed_only: failedOnly,
    cfg_count: count,
    cfg_returns: syncErrors,
    filter_family: family ?? 0,
    filter_by_cidr: networks !== undefined,
  };
  const mapSizes = {
    ...options.mapSizes,
    ...(networks === undefined ? {} : { filter_cidrs: networkEntries(networks) }),
    ...(count ? { flows: MAX_FLOWS } : {}),
  };
  const needs = { returns: syncErrors, ports: when !== 'outcome' && !count, answers: dns };
  const session = await openSession(
    planFor(needs, count),
    openContainers,
    { ...options, rodata, mapSizes },
    (tracer) => networks && writeNetworks(tracer, networks),
  );
  const wanted = { when, failedOnly };
  const columns = { showUid, showLocalPort, dns };
  const source = count ? countSource(session) : connectSource(session, wanted, columns);
  return source as Source<never>;
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

/** Attempts as rows. */
function connectSource(
  session: Session<Containers>,
  wanted: RowsWanted,
  columns: ColumnOptions,
): Source<Cursor> {
  const { tracer, containers } = session;
  tracer.layout('connect_event', EVENT.begun);
  const read = connectReaders(tracer.layout('connect_event', EVENT.connect));
  const { owner } = read;
  const answers = columns.dns === true ? new Answers(tracer, read) : undefined;
  const whose = (row: Cursor) =>
    containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  return {
    fields: connectFields(
      read,
      { ...owner, container: (row) => whose(row).container, k8s: (row) => whose(row).k8s },
      (row) => answers?.nameOf(row) ?? null,
      columns,
    ),
    async *batches(signal) {
      for await (const { rows, lost } of tracer.batches(signal))
        yield { rows: answers === undefined ? rows : answers.attemptsOf(rows), lost };
      yield { rows: tracer.judged(pendingRows(tracer, wanted)), lost: [] };
    },
    bufferFill: () => tracer.bufferFill,
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    close: () => session.close(),
  };
}

/** Counts as rows, when the signal aborts. */
function countSource(session: Session): Source<FlowCount> {
  const { tracer } = session;
  const read = connectReaders(tracer.layout('connect_event', EVENT.connect));
  return {
    fields: countFields(),
    async *batches(signal): AsyncGenerator<Batch<FlowCount>, void, void> {
      for await (const { lost } of tracer.batches(signal)) yield { rows: [], lost };
      yield { rows: readCounts(tracer, read), lost: [] };
    },
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    close: () => session.close(),
  };
}
