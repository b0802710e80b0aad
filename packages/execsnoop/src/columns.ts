import type { Cursor } from '@imagesnoop/loader';
import {
  type ByteRun,
  byteRun,
  type Field,
  fields,
  type Owner,
  type OwnerEvent,
  ownerFields,
} from '@imagesnoop/output';
import type { Arguments } from './arguments.js';
import { asBuffer, type CountBy, type ExecCount } from './counts.js';
import { EVENT, type ExecReaders, type ExitReaders, FLAG, processId } from './event.js';
import { exitCode, exitSignal } from './exit-status.js';
import { userNames } from './user-names.js';

/** What the rows of an exec and of an exit have in common. */
interface ProcessEvent extends OwnerEvent {
  /** Tells this process from all others since boot, also when its pid is given again. */
  readonly process_id: string;
}

/** One exec, as JSON has it and as the library yields it. */
export interface ExecEvent extends ProcessEvent {
  readonly type: 'exec';
  /** Name of the thread before; `comm` is the one after, the same when the call failed. */
  readonly caller_comm: string | null;
  /** The path exactly as the caller gave it; null when its memory was unreadable. */
  readonly filename: string | null;
  /** What runs now, absolute, as the process sees it; null when the call failed. */
  readonly exe: string | null;
  /** No name leads to that any more: unlinked, or a memfd. */
  readonly exe_deleted: boolean | null;
  /** `filename` is a script; `exe` is its interpreter. */
  readonly script: boolean | null;
  readonly cwd: string | null;
  /** Secrets redacted unless asked for; null when unreadable. */
  readonly argv: readonly string[] | null;
  /** How many arguments there were; null when not all are known. */
  readonly argc: number | null;
  readonly argv_truncated: boolean;
  /** 0 or a negative errno. */
  readonly ret: number;
  /** Name of that errno. */
  readonly error: string | null;
  readonly duration_ns: null;
  readonly exit_code: null;
  readonly signal: null;
}

/** The end of a process of which an exec was shown. */
export interface ExitEvent extends ProcessEvent {
  readonly type: 'exit';
  /** From the first exec of the process that was shown to its end. */
  readonly duration_ns: number;
  /** What it returned; null when a signal ended it. */
  readonly exit_code: number | null;
  /** `SIGKILL`, ...; null when it ended by itself. */
  readonly signal: string | null;
}

/** What reads the rows. */
export interface RowReaders {
  readonly read: ExecReaders;
  readonly exit: ExitReaders;
  readonly args: Arguments;
}

export interface ColumnOptions {
  /** `-U` */
  readonly showUid?: boolean | undefined;
  /** `-x` */
  readonly showError?: boolean | undefined;
  /** `-q` */
  readonly quote?: boolean | undefined;
}

const UNKNOWN: ByteRun = { u8: new Uint8Array(0), start: -1, end: -1 };
const ROOT: ByteRun = { u8: Buffer.from('/'), start: 0, end: 1 };

/** What is known of an exec or exit, in the order of JSON and columns. */
export function execFields(
  { read, exit, args }: RowReaders,
  owner: Owner<Cursor>,
  { showUid = false, showError = false, quote = false }: ColumnOptions = {},
): readonly Field<Cursor>[] {
  const { first, last } = ownerFields(owner, { showUid });
  const isExec = (row: Cursor) => read.type(row) === EVENT.exec;
  const flag = (row: Cursor, bit: number) => (read.flags(row) & bit) !== 0;
  const ofExec =
    <T>(value: (row: Cursor) => T | null) =>
    (row: Cursor) =>
      isExec(row) ? value(row) : null;
  const ofExit =
    <T>(value: (row: Cursor) => T | null) =>
    (row: Cursor) =>
      isExec(row) ? null : value(row);
  const ran = <T>(value: (row: Cursor) => T) =>
    ofExec((row) => (read.ret(row) < 0 ? null : value(row)));
  const path = (name: 'exe' | 'cwd', row: Cursor): ByteRun => {
    const start = read[name].start(row);
    const end = read[name].end(row);
    return end > start ? { u8: row.u8, start, end } : ROOT;
  };
  return [
    fields.choice('type', (row) => (isExec(row) ? 'exec' : 'exit'), ['exec', 'exit'], {
      description: 'Kind of event: a program begins to run, or a process ends',
      column: { show: 'wide' },
    }),
    ...first.map(withParent),
    fields.text('process_id', (row) => processId(read, row), {
      description: 'Tells the process from all others since boot: pid and start time',
    }),
    fields.text(
      'caller_comm',
      ofExec((row) => (flag(row, FLAG.callerKnown) ? read.callerComm(row) : null)),
      {
        description: 'Name of the thread before, when comm is the one after',
        column: { show: 'wide', header: 'CALLER' },
      },
    ),
    byteRun(
      'filename',
      (row) =>
        !isExec(row) || flag(row, FLAG.filenameUnreadable)
          ? UNKNOWN
          : { u8: row.u8, start: read.filename.start(row), end: read.filename.end(row) },
      { description: 'The path exactly as the caller gave it; null when unreadable' },
    ),
    byteRun('exe', (row) => (ran(() => true)(row) ? path('exe', row) : UNKNOWN), {
      description: 'What runs now: absolute, links resolved, as the process sees it',
      column: { show: 'wide', cut: 'start' },
    }),
    fields.bool(
      'exe_deleted',
      ran((row) => flag(row, FLAG.exeDeleted)),
      {
        description: 'No name leads to exe any more: it was unlinked, or is a memfd',
      },
    ),
    fields.bool(
      'script',
      ran((row) => flag(row, FLAG.script)),
      {
        description: 'filename is a script, exe its interpreter',
      },
    ),
    byteRun('cwd', (row) => (isExec(row) ? path('cwd', row) : UNKNOWN), {
      description: 'Working directory, as the process sees it',
      column: { show: 'wide', cut: 'start' },
    }),
    fields.int('ret', ofExec(read.ret), {
      description: 'What the call returned: 0 or a negative errno',
    }),
    fields.errno('error', ofExec(read.ret), {
      description: 'Name of that errno, null when the program runs',
      column: { width: 7, show: showError ? 'table' : 'wide' },
    }),
    withExits(
      fields.textList('argv', (row) => args.run(row), {
        description: 'Arguments, whole up to 64 KiB; secrets are redacted without --show-secrets',
        column: { header: 'ARGS', width: 24 },
        quote,
      }),
      (row) => (isExec(row) ? null : exitText(exit, row)),
      (row) => isExec(row) && args.isCut(row),
    ),
    fields.uint(
      'argc',
      ofExec((row) => args.count(row)),
      {
        description: 'Number of arguments; null when not all are known',
      },
    ),
    fields.bool(
      'argv_truncated',
      ofExec((row) => args.isCut(row)),
      {
        description: 'There were more arguments, or longer ones, than argv shows',
      },
    ),
    fields.uint('duration_ns', ofExit(exit.durationNs), {
      description: 'From the first exec of the process that was shown to its end',
      unit: 'ns',
    }),
    fields.uint(
      'exit_code',
      ofExit((row) => exitCode(exit.status(row))),
      {
        description: 'What the process returned; null when a signal ended it',
      },
    ),
    fields.text(
      'signal',
      ofExit((row) => exitSignal(exit.status(row))),
      {
        description: 'The signal that ended the process, by name, else null',
      },
    ),
    ...last,
  ];
}

/** Who ran it belongs to every row of execs, as in the tools before. */
function withParent(field: Field<Cursor>): Field<Cursor> {
  return field.name === 'ppid' ? { ...field, column: { ...field.column, show: 'table' } } : field;
}

/** The column of arguments tells of an exit how it was, and has dots where there is more. */
function withExits(
  field: Field<Cursor>,
  ended: (row: Cursor) => string | null,
  isCut: (row: Cursor) => boolean,
): Field<Cursor> {
  const { column, text } = field;
  const cell = (row: Cursor) => ended(row) ?? `${text(row)}${isCut(row) ? ' ...' : ''}`;
  return { ...field, column: { ...column, text: cell } };
}

function exitText({ durationNs, status }: ExitReaders, row: Cursor): string {
  const how = exitSignal(status(row)) ?? `exit ${exitCode(status(row))}`;
  return `= ${how} after ${(durationNs(row) / 1e9).toFixed(3)} s`;
}

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
      column: { ...shown('container'), text: containerText },
    }),
  ];
}

function containerText({ container }: ExecCount): string {
  const { id, name } = (container && JSON.parse(asBuffer(container).toString())) ?? {};
  return name ?? id?.slice(0, 12) ?? '(host)';
}
