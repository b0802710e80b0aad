import { Cursor, type Tracer } from '@imagesnoop/loader';
import type { Batch, Source } from '@imagesnoop/output';
import { type ColumnOptions, eventFields } from './columns.js';
import { EVENT, flowEventReaders } from './event.js';
import { type FlowOptions, openFlowSession, ownerOf } from './plan.js';

/** Connections open at one time. */
const MAX_OPEN_FLOWS = 65_536;

export interface FlowEventsOptions extends FlowOptions {}

/** Attaches; events flow when it resolves. */
export async function openFlowEvents({
  showUid = false,
  ...options
}: FlowEventsOptions & ColumnOptions = {}): Promise<Source<Cursor>> {
  let present = new Uint8Array();
  const session = await openFlowSession(
    { events: true },
    { ...options, mapSizes: { flows: 1, open_flows: MAX_OPEN_FLOWS, ...options.mapSizes } },
    (tracer) => {
      present = Uint8Array.from(listPresent(tracer));
    },
  );
  const { tracer } = session;
  const layout = tracer.layout('flow_event', EVENT.connect);
  for (const type of [EVENT.accept, EVENT.close]) tracer.layout('flow_event', type);
  const read = flowEventReaders(layout);
  return {
    fields: eventFields(read, ownerOf(session, read.owner), { showUid }),
    async *batches(signal): AsyncGenerator<Batch<Cursor>, void, void> {
      yield { rows: recordsIn(present, layout.size), lost: [] };
      yield* tracer.batches(signal);
    },
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    close: () => session.close(),
  };
}

/**
 * Connections that are open now, after the hooks were attached: what begins or ends meanwhile is in
 * the ring buffer, and the kernel lists no connection that it has already told of.
 */
function listPresent(tracer: Tracer): Uint8Array {
  const link = tracer.object.program('task_file_iter').attachIter();
  try {
    return link.readIter();
  } finally {
    link.close();
  }
}

function* recordsIn(bytes: Uint8Array, size: number): Generator<Cursor> {
  const cursor = Cursor.over(bytes);
  cursor.length = size;
  for (let base = 0; base + size <= bytes.length; base += size) {
    cursor.base = base;
    yield cursor;
  }
}
