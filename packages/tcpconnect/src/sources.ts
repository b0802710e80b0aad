import type { Containers } from '@imagesnoop/containers';
import type { Cursor, Session } from '@imagesnoop/loader';
import type { Batch, Source } from '@imagesnoop/output';
import { Answers } from './answers.js';
import { type ColumnOptions, connectFields } from './columns.js';
import { countFields, type FlowCount, readCounts } from './counts.js';
import { connectReaders, EVENT } from './event.js';
import { pendingRows, type RowsWanted } from './pending.js';

/** Attempts as rows. */
export function connectSource(
  session: Session,
  containers: Containers,
  wanted: RowsWanted,
  columns: ColumnOptions,
): Source<Cursor> {
  const { tracer } = session;
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
      yield { rows: pendingRows(tracer, wanted), lost: [] };
    },
    notes: () => session.notes(),
    close: () => session.close(),
  };
}

/** Counts as rows, when the signal aborts. */
export function countSource(session: Session): Source<FlowCount> {
  const { tracer } = session;
  return {
    fields: countFields,
    async *batches(signal): AsyncGenerator<Batch<FlowCount>, void, void> {
      for await (const { lost } of tracer.batches(signal)) yield { rows: [], lost };
      yield { rows: readCounts(tracer), lost: [] };
    },
    notes: () => session.notes(),
    close: () => session.close(),
  };
}
