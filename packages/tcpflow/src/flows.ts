import type { Cursor } from '@imagesnoop/loader';
import {
  type Batch,
  type Field,
  fields,
  type Section,
  Sections,
  type Source,
} from '@imagesnoop/output';
import type { AlertLimits } from './alert.js';
import { type ColumnOptions, flowFields } from './columns.js';
import { EVENT, type FlowReaders, flowReaders } from './event.js';
import { type FlowOrder, FlowTable } from './flow-table.js';
import { type FlowOptions, openFlowSession, ownerOf } from './plan.js';
import { withTicks } from './ticks.js';

/** Flows that are told by `alert` once; those told longest ago may be told again. */
const MAX_ALERTS = 65_536;
const NS_PER_S = 1e9;

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

interface ViewOptions extends ColumnOptions {
  /** Tables for people have the columns of `-o wide`, too. */
  readonly wide?: boolean;
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
  const session = await openFlowSession(
    { events: false },
    {
      ...options,
      rodata: {
        ...options.rodata,
        cfg_alert: alert !== undefined,
        alert_count: alert?.count ?? 0,
        alert_mtbs_ns: Math.round((alert?.mtbs ?? 0) * NS_PER_S),
      },
      mapSizes: { ...(alert === undefined ? {} : { alerts: MAX_ALERTS }), ...options.mapSizes },
    },
  );
  const { tracer } = session;
  const layout = tracer.layout('flow', EVENT.alert);
  const read = flowReaders(layout);
  const all = flowFields(read, ownerOf(session, read.owner), { showUid });
  const table = new FlowTable(tracer, layout, read);
  return {
    fields: all,
    async *batches(signal): AsyncGenerator<Batch<Cursor>, void, void> {
      for await (const batch of withTicks(tracer.batches(signal), intervalMs)) {
        if (batch !== undefined) yield batch;
        else yield { ...table.take({ sort, top }), snapshot: { heading: timeOfDay() } };
      }
      yield {
        ...table.take({ sort, top }),
        snapshot: { heading: intervalMs === undefined ? '' : timeOfDay(), last: true },
      };
    },
    snapshots: true,
    printsToFile: true,
    view: (screen, times) => new Sections(sectionsOf(all, times, read, wide), screen),
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    summary: () => table.summary(),
    close: () => session.close(),
  };
}

/** The two tables of the original tool, and one for alerts. */
function sectionsOf(
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

function timeOfDay(): string {
  return new Date().toLocaleTimeString('en-GB');
}
