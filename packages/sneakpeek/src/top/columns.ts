import { bytesText, containerFields, type Field, fields, rateText } from '@imagesnoop/output';
import type { ActivityRow } from './counts.js';

/** What a line of the screen has, in the order of JSON and columns. */
export function activityFields(): readonly Field<ActivityRow>[] {
  const [container, k8s] = containerFields<ActivityRow>(
    { container: (row) => row.container, k8s: (row) => row.k8s },
    'table',
  ) as [Field<ActivityRow>, Field<ActivityRow>];
  const rate = (header: string, value: (row: ActivityRow) => number) => ({
    header,
    width: 8,
    text: (row: ActivityRow) => (value(row) === 0 ? '-' : rateText(value(row), row.ms)),
  });
  return [
    fields.constant('type', 'activity', { description: 'Kind of event' }),
    container,
    fields.uint('interval_ms', (row) => Math.round(row.ms), {
      description: 'How long was counted',
      unit: 'ms',
    }),
    fields.uint('changed_files', (row) => row.files, {
      description: 'Files that differ from the image; null until they were counted',
      column: { header: 'FILES', width: 6, text: ({ files }) => String(files ?? '?') },
    }),
    fields.uint('changes', (row) => row.changes, {
      description: 'Changes of files in that time, each write counted',
      column: rate('CHANGES', (row) => row.changes),
    }),
    fields.uint('written_bytes', (row) => row.writtenBytes, {
      description: 'Bytes written to files',
      unit: 'bytes',
      column: {
        header: 'WRITTEN',
        width: 10,
        text: (row) =>
          row.writtenBytes === 0 ? '-' : rateText(row.writtenBytes, row.ms, bytesText),
      },
    }),
    fields.uint('execs', (row) => row.execs, {
      description: 'Programs that began to run',
      column: rate('EXECS', (row) => row.execs),
    }),
    fields.uint('connects', (row) => row.connects, {
      description: 'TCP connections that were begun',
      column: rate('CONNECTS', (row) => row.connects),
    }),
    k8s,
    fields.computed('image', (row) => row.image, {
      description: 'Image of the container',
      schema: { type: ['string', 'null'] },
      column: { width: 20, cut: 'start' },
    }),
  ];
}
