import { type CommandLine, understand } from './command.js';
import { openTelemetry } from './exported.js';
import type { Field } from './field.js';
import { FileSink } from './file-sink.js';
import { nodeName, onNode, withNode } from './node-field.js';
import { type CommonValues, commonOptions, LISTING_OPTIONS } from './options/common.js';
import type { Options, Values } from './options/option.js';
import { chooseFields, logPath, printsToLog, stdoutOutput } from './outputs.js';
import { DONE, reportError, say } from './report.js';
import { Session } from './session.js';
import { exit, onSignals } from './signals.js';
import type { Source } from './source.js';
import { StdoutSink } from './stdout-sink.js';

/** The values of a tool's own options and of the common ones. */
export type ToolValues<Table extends Options> = Values<Table> &
  Values<Omit<typeof commonOptions, keyof Table>>;

/** What is known besides the options when a tool opens its source. */
export interface Opening {
  /** What is no option. */
  readonly operands: readonly string[];
  /** Aborted when the user ends the tool while it starts. */
  readonly signal: AbortSignal;
}

/** All that makes a command-line tool, beside its source. */
export interface Tool<Table extends Options, Row> extends CommandLine<Table> {
  /** The log written beside a table when nothing is said, such as `tcp.json`. */
  readonly logFile?: string | ((values: ToolValues<Table>) => string | undefined);
  /** False: it writes no log, and `--file` and `--no-file` are its own if it has them. */
  readonly logs?: false;
  /**
   * It lists what is there and ends by itself: no banner, no log, and of the common options only
   * those that make sense then. The others have the value of an option that was not given.
   */
  readonly lists?: true;
  /**
   * The fields of the source that these values would open, made with `unread` for readers: what is
   * asked of them is checked before anything else is done.
   */
  fields(values: ToolValues<Table>): readonly Field<never>[];
  /** Starts the tracing: when this resolves, events flow. */
  open(values: ToolValues<Table>, opening: Opening): Promise<Source<Row>>;
}

/**
 * Runs a tool as the whole process: options, source, rows, signals, summary, exit code.
 * It does not return.
 */
export async function runTool<Table extends Options, Row>(
  tool: Tool<Table, Row>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<never> {
  process.once('uncaughtException', (error) => exit(reportError(tool.name, error, true)));
  return exit(await run(tool, argv));
}

/** As runTool, but returns the exit code. */
export async function run<Table extends Options, Row>(
  tool: Tool<Table, Row>,
  argv: readonly string[],
): Promise<number> {
  return understand(tool, commonOf(tool), argv, (values, operands) =>
    trace(tool, { ...NOT_GIVEN, ...values } as ToolValues<Table> & CommonValues, operands),
  );
}

/** The common options of a tool. */
export function commonOf({ lists, logs }: Pick<Tool<Options, never>, 'lists' | 'logs'>): Options {
  const left = Object.entries(commonOptions).filter(([name]) => {
    if (lists) return (LISTING_OPTIONS as readonly string[]).includes(name);
    return logs !== false || (name !== 'file' && name !== 'noFile');
  });
  return Object.fromEntries(left);
}

const NOT_GIVEN = Object.fromEntries(
  Object.entries(commonOptions).map(([name, { absent }]) => [name, absent]),
);

/** From open files to the closing summary and the exit code. */
async function trace<Table extends Options, Row>(
  tool: Tool<Table, Row>,
  values: ToolValues<Table> & CommonValues,
  operands: readonly string[],
): Promise<number> {
  const { fields, time, timestamp } = values;
  const node = tool.lists ? undefined : nodeName(values);
  if (fields.length > 0 || time || timestamp)
    chooseFields(values, withNode(tool.fields(values), node));
  /** Ends the source. */
  const end = new AbortController();
  /** The user wants to go, so a reader that has stopped is not waited for. */
  const hurry = new AbortController();
  const stdout = new StdoutSink(1, hurry.signal);
  const silent = tool.lists || tool.logs === false;
  // Where a tool has no log, what is called file is something of its own.
  const shown = silent ? { ...values, file: undefined } : values;
  const { log, noLog } = silent ? {} : openLog(tool, values);
  const session = new Session<Row>(tool.name, shown, end, tool.lists === true);
  const onEnd = () => {
    hurry.abort();
    end.abort();
  };
  const offSignals = onSignals(onEnd, () => session.rotateLog());
  let telemetry: Awaited<ReturnType<typeof openTelemetry>>;
  let source: Source<Row> | undefined;
  try {
    telemetry = await openTelemetry(tool, values, node);
    source = await tool.open(values, { operands, signal: end.signal });
    // A collector is told the node's name once, for all that it gets.
    if (telemetry) session.exportTo(telemetry, source);
    source = onNode(source, node);
    if (noLog !== undefined) say(`${tool.name}: ${noLog}; going on without a log`);
    const printed = log !== undefined && printsToLog(shown, source);
    session.show(stdoutOutput(shown, source, printed ? log : stdout));
    if (log) session.logTo(log, printed ? undefined : source.fields);
    await session.run(source);
    return source.exitCode?.() ?? DONE;
  } catch (error) {
    // Whatever an interrupted start stumbles over, the user asked for the end.
    if (source !== undefined || !end.signal.aborted) throw error;
    return DONE;
  } finally {
    await source?.close();
    await telemetry?.close(0);
    offSignals();
    stdout.close();
    log?.close();
  }
}

/**
 * The log is opened first of all, while the process still has its privileges. Why one that nobody
 * asked for cannot be is for later: what keeps the tool from starting is told alone.
 */
function openLog<Table extends Options, Row>(
  tool: Tool<Table, Row>,
  values: ToolValues<Table> & CommonValues,
): { readonly log?: FileSink; readonly noLog?: string } {
  const { logFile } = tool;
  const path = logPath(values, typeof logFile === 'function' ? logFile(values) : logFile);
  if (path === undefined) return {};
  try {
    return { log: new FileSink(path) };
  } catch (error) {
    if (values.file !== undefined) throw error;
    return { noLog: (error as Error).message };
  }
}
