import { UsageError } from './errors.js';
import { FileSink } from './file-sink.js';
import { type CommonValues, commonOptions } from './options/common.js';
import { COMPLETION_REQUEST, complete } from './options/completion.js';
import { type Example, helpText, type Operands } from './options/help.js';
import type { Options, Values } from './options/option.js';
import { parseArguments } from './options/parse.js';
import { logPath, stdoutOutput } from './outputs.js';
import { DONE, reportError, say } from './report.js';
import { Session } from './session.js';
import { exit, onSignals } from './signals.js';
import { ReaderGone } from './sink.js';
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
export interface Tool<Table extends Options, Row> {
  readonly name: string;
  readonly version: string;
  /** One sentence, without a full stop, as `--help` begins. */
  readonly summary: string;
  /** Options of its own; one with the name of a common option replaces that. */
  readonly options: Table;
  readonly operands?: Operands;
  readonly examples: readonly Example[];
  /** The log written beside a table when nothing is said, such as `tcp.json`. */
  readonly logFile?: string | ((values: ToolValues<Table>) => string | undefined);
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
  const verbose = argv.some((word) => word === '--verbose' || /^-[a-zA-Z]*v/.test(word));
  const table = { ...commonOptions, ...tool.options } as typeof commonOptions & Table;
  try {
    if (argv.includes('--completion') || argv[0] === COMPLETION_REQUEST) {
      await complete(tool.name, table, argv);
      return DONE;
    }
    const { values, operands } = parseArguments(table, argv);
    if (values.help || values.version) {
      await new StdoutSink().write(
        Buffer.from(values.help ? helpText(tool, table) : `${tool.name} ${tool.version}\n`),
      );
      return DONE;
    }
    checkOperands(tool.operands, operands);
    await trace(tool, values as ToolValues<Table> & CommonValues, operands);
    return DONE;
  } catch (error) {
    if (error instanceof ReaderGone) return DONE;
    return reportError(tool.name, error, verbose);
  }
}

function checkOperands(expected: Operands | undefined, given: readonly string[]): void {
  const { min = 0, max = 0, name = '' } = expected ?? {};
  if (given.length < min) {
    throw new UsageError('USAGE_OPERAND_MISSING', `${name} is missing`, expected?.help ?? '');
  }
  if (given.length > max) {
    throw new UsageError(
      'USAGE_OPERAND_UNWANTED',
      `unexpected argument '${given[max]}'`,
      expected ? `at most ${max} ${name}` : 'options begin with a dash; see --help',
    );
  }
}

/** From open files to the closing summary. */
async function trace<Table extends Options, Row>(
  tool: Tool<Table, Row>,
  values: ToolValues<Table> & CommonValues,
  operands: readonly string[],
): Promise<void> {
  /** Ends the source. */
  const end = new AbortController();
  /** The user wants to go, so a reader that has stopped is not waited for. */
  const hurry = new AbortController();
  const stdout = new StdoutSink(1, hurry.signal);
  const log = openLog(tool, values);
  const session = new Session<Row>(tool.name, values, end);
  const onEnd = () => {
    hurry.abort();
    end.abort();
  };
  const offSignals = onSignals(onEnd, () => session.rotateLog());
  let source: Source<Row> | undefined;
  try {
    source = await tool.open(values, { operands, signal: end.signal });
    session.show(stdoutOutput(shown, source, stdout));
    if (log) session.logTo(log, source.fields);
    await session.run(source);
  } catch (error) {
    // Whatever an interrupted start stumbles over, the user asked for the end.
    if (source !== undefined || !end.signal.aborted) throw error;
  } finally {
    await source?.close();
    offSignals();
    stdout.close();
    log?.close();
  }
}

/** The log is opened first of all, while the process still has its privileges. */
function openLog<Table extends Options, Row>(
  tool: Tool<Table, Row>,
  values: ToolValues<Table> & CommonValues,
): FileSink | undefined {
  const { logFile } = tool;
  const path = logPath(values, typeof logFile === 'function' ? logFile(values) : logFile);
  if (path === undefined) return undefined;
  try {
    return new FileSink(path);
  } catch (error) {
    if (values.file !== undefined) throw error;
    say(`${tool.name}: ${(error as Error).message}; going on without a log`);
    return undefined;
  }
}
