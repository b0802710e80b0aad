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
import { EVENT, type ExecReaders, type ExitReaders, FLAG, processId } from './event.js';
import { exitCode, exitSignal } from './exit-status.js';

export { countFields } from './count-columns.js';

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
  /** Size of all arguments with their NULs; of a failed call, of those that were read. */
  readonly argv_bytes: number;
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
  const filename = byteRun<Cursor>(
    'filename',
    (row) =>
      !isExec(row) || flag(row, FLAG.filenameUnreadable)
        ? UNKNOWN
        : { u8: row.u8, start: read.filename.start(row), end: read.filename.end(row) },
    { description: 'The path exactly as the caller gave it; null when unreadable' },
  );
  const list = (of: (row: Cursor) => ByteRun) =>
    fields.textList('argv', of, {
      description: 'Arguments, whole up to 64 KiB; secrets are redacted without --show-secrets',
      column: { header: 'ARGS', width: 24 },
      quote,
    });
  const argv = list((row) => args.run(row));
  const behind = list((row) => args.rest(row));
  const argumentsText = (row: Cursor) => {
    if (!isExec(row)) return exitText(exit, row);
    const dots = args.isCut(row) ? ' ...' : '';
    if (read.ret(row) >= 0) return argv.text(row) + dots;
    // What was not found is the file, whatever the program was to be called.
    const others = args.rest(row).start < 0 ? '' : behind.text(row);
    return `${filename.text(row)} ${others}`.trimEnd() + dots;
  };
  return [
    fields.choice('type', (row) => (isExec(row) ? 'exec' : 'exit'), ['exec', 'exit'], {
      description: 'Kind of event: a program begins to run, or a process ends',
      metric: 'label',
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
    filename,
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
    { ...argv, column: { ...argv.column, text: argumentsText } },
    fields.uint(
      'argc',
      ofExec((row) => args.count(row)),
      {
        description: 'Number of arguments; null when not all are known',
      },
    ),
    fields.uint('argv_bytes', ofExec(read.argvBytes), {
      description:
        'Size of all arguments with their NULs; of a failed call, of those that were read',
    }),
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
      metric: 'latency',
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
        metric: 'label',
      },
    ),
    ...last,
  ];
}

/** Who ran it belongs to every row of execs, as in the tools before. */
function withParent(field: Field<Cursor>): Field<Cursor> {
  return field.name === 'ppid' ? { ...field, column: { ...field.column, show: 'table' } } : field;
}

function exitText({ durationNs, status }: ExitReaders, row: Cursor): string {
  const how = exitSignal(status(row)) ?? `exit ${exitCode(status(row))}`;
  return `= ${how} after ${(durationNs(row) / 1e9).toFixed(3)} s`;
}
