import { type Field, fields } from '@imagesnoop/output';
import { asBuffer, type CountBy, type ExecCount } from './counts.js';
import { userNames } from './user-names.js';

/** Columns: what is counted by, and how often. */
export function countFields(by: CountBy, passwd = '/etc/passwd'): readonly Field<ExecCount>[] {
  const users = by === 'uid' ? userNames(passwd) : new Map<number, string>();
  const shown = (...kinds: CountBy[]) =>
    ({ show: kinds.includes(by) ? 'table' : 'asked' }) as const;
  const textOf = (kind: CountBy) => (row: ExecCount) =>
    by === kind && row.text !== null ? asBuffer(row.text).toString() : null;
  return [
    fields.constant('type', 'count', { description: 'Kind of row' }),
    fields.time('time', ({ tsNs }) => tsNs, {
      description: 'When it was counted, wall clock, UTC',
      column: { show: 'wide' },
    }),
    fields.uint('execs', ({ execs }) => execs, {
      description: 'Programs run since the start; with -x calls that failed count, too',
      metric: 'gauge',
      column: { width: 9 },
    }),
    fields.uint('added', ({ added }) => added, {
      description: 'Of them since the last row',
      column: { width: 7 },
    }),
    fields.uint('uid', ({ uid }) => uid, {
      description: 'Real user id, as the host sees it',
      column: shown('uid'),
    }),
    fields.text('user', ({ uid }) => (uid === null ? null : (users.get(uid) ?? null)), {
      description: 'Name of that user on the host; null when it has none',
      column: shown('uid'),
    }),
    fields.text('comm', textOf('comm'), {
      description: 'Name of the command, 15 bytes',
      column: shown('comm'),
    }),
    fields.text('exe', textOf('exe'), {
      description: 'Path of the program, as its process sees it; the last 240 bytes',
      column: { ...shown('exe'), width: 40, cut: 'start' },
    }),
    fields.json('container', ({ container }) => container, {
      description: 'Container: id, name, image, runtime; null outside of containers',
      schema: { type: ['object', 'null'] },
      metric: 'label',
      column: { ...shown('container'), text: containerText },
    }),
  ];
}

function containerText({ container }: ExecCount): string {
  const { id, name } = (container && JSON.parse(asBuffer(container).toString())) ?? {};
  return name ?? id?.slice(0, 12) ?? '(host)';
}
