import { Cursor, Layout, type Tracer } from '@imagesnoop/loader';
import { EVENT, OUTCOME } from './event.js';

/** Which rows of an attempt are wanted. */
export interface RowsWanted {
  readonly when: 'attempt' | 'outcome' | 'both';
  readonly failedOnly: boolean;
}

/**
 * Attempts that have no outcome when the tracer ends, as rows: none is silently missing. One whose
 * outcome is known, but whose call has not returned (its process is stopped), is told as it stands.
 */
export function* pendingRows(tracer: Tracer, wanted: RowsWanted): Generator<Cursor, void, void> {
  const layout = structOf(tracer, 'attempt');
  const typeIndex = offsetIn(structOf(tracer, 'event_header'), 'type') / 4;
  const outcome = layout.u32('event.outcome');
  const announced = layout.u32('announced');
  for (const [, value] of tracer.map('attempts').entries()) {
    const row = Cursor.over(value);
    const known = outcome(row);
    if (wanted.failedOnly && (known === OUTCOME.pending || known === OUTCOME.established)) continue;
    if (wanted.when !== 'attempt') yield row;
    if (wanted.when === 'outcome' || announced(row) !== 0) continue;
    row.u32[typeIndex] = EVENT.begun;
    yield row;
  }
}

function offsetIn(layout: Layout, name: string): number {
  return layout.struct.fields.find((field) => field.name === name)?.offset ?? 0;
}

function structOf(tracer: Tracer, name: string): Layout {
  const struct = tracer.object.struct(name);
  if (struct === undefined) throw new Error(`the object has no struct ${name} in its BTF`);
  return new Layout(struct);
}
