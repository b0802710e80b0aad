import type { Containers } from '@imagesnoop/containers';
import type { Cursor, OwnerReaders, Session } from '@imagesnoop/loader';
import {
  type Batch,
  events,
  type LostEvent,
  type Owner,
  Sections,
  type Source,
} from '@imagesnoop/output';
import type { AlertLimits } from './alert.js';
import {
  type ColumnOptions,
  eventFields,
  type Flow,
  type FlowEvent,
  flowFields,
  sectionsOf,
} from './columns.js';
import { EVENT, flowEventReaders, flowReaders } from './event.js';
import { type FlowOrder, FlowTable } from './flow-table.js';
import { type FlowOptions, openEvents, openTable, planFor } from './plan.js';
import { recordsIn } from './present.js';
import { withTicks } from './ticks.js';

export type { LostEvent } from '@imagesnoop/output';
export type { AlertLimits } from './alert.js';
export type { Flow, FlowEvent } from './columns.js';
export type { FlowOrder } from './flow-table.js';

/** What the kernel is asked for by default, for those who ask whether it can. */
export const plan = planFor({ events: true });

export interface FlowsOptions extends FlowOptions {
  /** All flows at each interval too, in milliseconds, beside those at the end. */
  readonly intervalMs?: number | undefined;
  /** Most calls, shortest mean time between calls, or lowest process id first; default `count`. */
  readonly sort?: FlowOrder | undefined;
  /** Only the first flows of connect and of accept each. */
  readonly top?: number | undefined;
  /** A flow that passes these limits is told at once, as type `alert`. */
  readonly alert?: AlertLimits | undefined;
}

export interface FlowEventsOptions extends FlowOptions {}

interface ViewOptions extends ColumnOptions {
  /** Tables for people have the columns of `-o wide`, too. */
  readonly wide?: boolean;
}

interface Abortable {
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Flows: how often each process connects where and accepts from where by TCP, counted in the kernel
 * from when the first one is asked for. They come when `signal` aborts, and at each interval if there
 * is one; alerts come at once. Unlike the command, it does not give up root unless `drop` is set: the
 * process is yours.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, ... (docs/errors.md)
 *
 * @example
 * for await (const flow of flows({ signal: AbortSignal.timeout(5000) })) {
 *   if (flow.type === 'flow') console.log(flow.comm, flow.daddr, flow.rport, flow.count);
 * }
 */
export async function* flows({
  signal,
  ...options
}: FlowsOptions & Abortable = {}): AsyncGenerator<Flow | LostEvent, void, void> {
  const source = await openFlows({ drop: false, ...options });
  yield* events<Flow, Cursor>(source, signal);
}

/**
 * Each connect, accept and close by TCP, those that are open already first, until `signal` aborts or
 * the loop is left. Root and errors as with `flows()`.
 *
 * @example
 * for await (const event of flowEvents({ signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'close') console.log(event.flow, event.end, event.rx_bytes);
 * }
 */
export async function* flowEvents({
  signal,
  ...options
}: FlowEventsOptions & Abortable = {}): AsyncGenerator<FlowEvent | LostEvent, void, void> {
  const source = await openFlowEvents({ drop: false, ...options });
  yield* events<FlowEvent, Cursor>(source, signal);
}

/** Attaches; calls are counted when it resolves. */
export async function openFlows({
  intervalMs,
  sort = 'count',
  top = Number.POSITIVE_INFINITY,
  alert,
  wide = false,
  showUid = false,
  ...options
}: FlowsOptions & ViewOptions): Promise<Source<Cursor>> {
  const session = await openTable(options, alert);
  const { tracer } = session;
  const layout = tracer.layout('flow', EVENT.alert);
  const read = flowReaders(layout);
  const fields = flowFields(read, ownerOf(session, read.owner), { showUid });
  const table = new FlowTable(tracer, layout, read);
  return {
    fields,
    async *batches(signal): AsyncGenerator<Batch<Cursor>, void, void> {
      for await (const batch of withTicks(tracer.batches(signal), intervalMs)) {
        if (batch !== undefined) yield batch;
        else yield { ...table.take({ sort, top }), snapshot: { heading: timeOfDay() } };
      }
      const heading = intervalMs === undefined ? '' : timeOfDay();
      yield { ...table.take({ sort, top }), snapshot: { heading, last: true } };
    },
    snapshots: true,
    printsToFile: true,
    view: (screen, times) => new Sections(sectionsOf(fields, times, read, wide), screen),
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    summary: () => table.summary(),
    close: () => session.close(),
  };
}

/** Attaches; events flow when it resolves. */
export async function openFlowEvents({
  showUid = false,
  ...options
}: FlowEventsOptions & ColumnOptions = {}): Promise<Source<Cursor>> {
  const { session, present } = await openEvents(options);
  const { tracer } = session;
  const layout = tracer.layout('flow_event', EVENT.connect);
  for (const type of [EVENT.accept, EVENT.close]) tracer.layout('flow_event', type);
  const read = flowEventReaders(layout);
  return {
    fields: eventFields(read, ownerOf(session, read.owner), { showUid }),
    async *batches(signal): AsyncGenerator<Batch<Cursor>, void, void> {
      yield { rows: tracer.judged(recordsIn(present, layout.size)), lost: [] };
      yield* tracer.batches(signal);
    },
    bufferFill: () => tracer.bufferFill,
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    close: () => session.close(),
  };
}

/** The owner's readers, with its container. */
function ownerOf(session: Session<Containers>, owner: OwnerReaders): Owner<Cursor> {
  const whose = (row: Cursor) =>
    session.containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  return { ...owner, container: (row) => whose(row).container, k8s: (row) => whose(row).k8s };
}

function timeOfDay(): string {
  return new Date().toLocaleTimeString('en-GB');
}
