import { readFileSync } from 'node:fs';
import type { Containers } from '@imagesnoop/containers';
import {
  type Cursor,
  openSession,
  type Session,
  type SessionOptions,
  type TracerPlan,
} from '@imagesnoop/loader';
import { type Batch, events, type LostEvent, type Source, wantedRows } from '@imagesnoop/output';
import { type ArgumentOptions, Arguments } from './arguments.js';
import {
  type ColumnOptions,
  countFields,
  type ExecEvent,
  type ExitEvent,
  execFields,
} from './columns.js';
import type { Command } from './command.js';
import { COUNT_BY, type CountBy, Counts, MAX_COUNTS } from './counts.js';
import { EVENT, execReaders, exitReaders } from './event.js';
import { type HookNeeds, hooksFor } from './hooks.js';
import { type RowFilterOptions, rowFilter } from './row-filter.js';

export type { LostEvent } from '@imagesnoop/output';
export type { ExecEvent, ExitEvent } from './columns.js';

/** Processes whose exit is awaited at once; beyond the default of pid_max, 32768. */
const MAX_PROCESSES = 65_536;
/** enum scratch_slot in bpf/execsnoop/record.bpf.h */
const SCRATCH_SLOTS = 3;

export interface ExecsOptions extends SessionOptions, ArgumentOptions, RowFilterOptions {
  /** Calls that failed, too. */
  readonly failed?: boolean;
  /** Also the ends of the processes of which an exec is told. */
  readonly exit?: boolean;
}

interface CountOptions {
  /** Rows are `ExecCount`s, each time an interval is over, instead of events. */
  readonly countBy?: CountBy | undefined;
  readonly intervalMs?: number | undefined;
}

function planFor(needs: HookNeeds, aggregates = false): TracerPlan {
  const object = new URL('../bpf/execsnoop.bpf.o', import.meta.url);
  return { object, hooks: hooksFor(needs), aggregates };
}

/** Which programs see all that can be asked for; `loader doctor` tries it. */
export const plan = planFor({ failed: true, exits: true, tree: false });

/**
 * Every program that begins to run on this machine, from when the first event is asked for until
 * `signal` aborts or the loop is left. Unlike the command, it does not give up root unless `drop` is
 * set: the process is yours.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, `PROCESS_MISSING`, ... (docs/errors.md)
 *
 * @example
 * for await (const event of execs({ exit: true, signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'exec') console.log(event.comm, event.argv);
 * }
 */
export async function* execs({
  signal,
  ...options
}: ExecsOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  ExecEvent | ExitEvent | LostEvent,
  void,
  void
> {
  const source = await openExecs({ drop: false, ...options });
  yield* events<ExecEvent | ExitEvent, Cursor>(source as Source<Cursor>, signal);
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

/**
 * Attaches; events flow when it resolves.
 *
 * @param options.command words of a command to be run, and traced with its descendants
 */
export async function openExecs({
  failed = false,
  exit = false,
  command: words = [],
  countBy,
  intervalMs = 5000,
  showUid,
  quote,
  maxArgs,
  showSecrets,
  name,
  line,
  ...options
}: ExecsOptions & CountOptions & ColumnOptions & { command?: readonly string[] }): Promise<
  Source<never>
> {
  let command: Command | undefined;
  if (words.length > 0) command = await (await import('./command.js')).Command.prepare(words);
  const trees = [...(options.filters?.trees ?? []), ...(command ? [command.pid] : [])];
  const tree = trees.length > 0;
  const counts = countBy !== undefined;
  try {
    const session = await openSession(
      planFor({ failed, exits: exit && !counts, tree }, counts),
      openContainers,
      {
        ...options,
        filters: { ...options.filters, ...(tree && { trees }) },
        rodata: { cfg_exits: exit, cfg_count_by: counts ? COUNT_BY[countBy] : 0 },
        mapSizes: {
          scratch_space: SCRATCH_SLOTS * possibleProcessors(),
          ...(exit && { awaited: MAX_PROCESSES }),
          ...(counts && { counts: MAX_COUNTS }),
        },
      },
    );
    const source = counts
      ? countSource(session, countBy, intervalMs)
      : execSource(session, {
          showUid,
          quote,
          showError: failed,
          maxArgs,
          showSecrets,
          name,
          line,
        });
    return (command === undefined ? source : until(command, source)) as Source<never>;
  } catch (error) {
    command?.abandon();
    throw error;
  }
}

function execSource(
  session: Session<Containers>,
  options: ColumnOptions & ArgumentOptions & RowFilterOptions,
): Source<Cursor> {
  const { tracer, containers } = session;
  const read = execReaders(tracer.layout('exec_event', EVENT.exec));
  const exit = exitReaders(tracer.layout('exit_event', EVENT.exit));
  // Each process execs once or twice: what its rows share is not worth keeping.
  const { key: _, ...owner } = read.owner;
  const args = new Arguments(read, options);
  const isWanted = rowFilter(options, read, args);
  const whose = (row: Cursor) =>
    containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  const shown = {
    ...owner,
    container: (row: Cursor) => whose(row).container,
    k8s: (row: Cursor) => whose(row).k8s,
  };
  return {
    fields: execFields({ read, exit, args }, shown, options),
    async *batches(signal) {
      for await (const { rows, lost } of tracer.batches(signal))
        yield { rows: isWanted === undefined ? rows : wantedRows(rows, isWanted), lost };
    },
    bufferFill: () => tracer.bufferFill,
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    close: () => session.close(),
  };
}

/** Counts as rows, whenever an interval is over and at the end. */
function countSource(
  session: Session<Containers>,
  by: CountBy,
  intervalMs: number,
): Source<unknown> {
  const counts = new Counts(session.tracer, by, session.containers);
  return {
    fields: countFields(by) as Source<unknown>['fields'],
    async *batches(signal): AsyncGenerator<Batch<unknown>, void, void> {
      const { setTimeout: sleep } = await import('node:timers/promises');
      while (!signal.aborted) {
        await sleep(intervalMs, undefined, { signal }).catch(() => {});
        const heading = new Date().toLocaleTimeString('en-GB');
        yield { rows: counts.read(), lost: session.tracer.newLosses(), snapshot: { heading } };
      }
    },
    snapshots: true,
    attachedMs: session.attachedMs,
    notes: () => session.notes(),
    close: () => session.close(),
  };
}

/** Runs the command while the source is read; its end is the source's, its exit code the tool's. */
function until<Row>(command: Command, source: Source<Row>): Source<Row> {
  return {
    ...source,
    batches(signal) {
      const end = new AbortController();
      command.start();
      void command.ended.then(() => end.abort());
      return source.batches(AbortSignal.any([signal, end.signal]));
    },
    exitCode: () => command.exitCode ?? 0,
    close() {
      command.abandon();
      return source.close();
    },
  };
}

/** Processors that may ever be there, as the kernel numbers them ("0-7"). */
function possibleProcessors(): number {
  const list = readFileSync('/sys/devices/system/cpu/possible', 'latin1');
  return Number(/\d+\s*$/.exec(list)?.[0] ?? 0) + 1;
}
