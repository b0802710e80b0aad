import { UsageError } from './errors.js';
import { commonOptions } from './options/common.js';
import { COMPLETION_REQUEST, complete } from './options/completion.js';
import { type Example, helpText, type Operands } from './options/help.js';
import type { Options, Values } from './options/option.js';
import { parseArguments } from './options/parse.js';
import { DONE, reportError } from './report.js';
import { exit, onSignals } from './signals.js';
import { ReaderGone } from './sink.js';
import { StdoutSink } from './stdout-sink.js';

/** What the command line of a program is made of. */
export interface CommandLine<Table extends Options> {
  readonly name: string;
  readonly version: string;
  /** One sentence, without a full stop, as `--help` begins. */
  readonly summary: string;
  /** Options of its own; one with the name of a common option replaces that. */
  readonly options: Table;
  readonly operands?: Operands;
  readonly examples: readonly Example[];
}

/** A command that does one thing and ends, without rows. */
export interface Command<Table extends Options> extends CommandLine<Table> {
  /** Resolves when it is done. */
  run(values: CommandValues<Table>, doing: Doing): Promise<void>;
}

/** The values of a command's own options, and of those that every command has. */
export type CommandValues<Table extends Options> = Values<Table> & {
  readonly verbose: boolean;
  readonly quiet: boolean;
};

/** What is known besides the options while a command runs. */
export interface Doing {
  /** What is no option. */
  readonly operands: readonly string[];
  /** Aborted when the user ends the command. */
  readonly signal: AbortSignal;
  /** Writes to standard output; resolves when a slow reader has taken it. */
  print(text: string | Uint8Array): Promise<void>;
}

/** The options that every command has, whatever it does. */
const { verbose, quiet, version, help, completion } = commonOptions;
const COMMAND_OPTIONS = { verbose, quiet, version, help, completion };

/** Runs a command as the whole process: options, signals, errors, exit code. It does not return. */
export async function runCommand<Table extends Options>(
  command: Command<Table>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<never> {
  process.once('uncaughtException', (error) => exit(reportError(command.name, error, true)));
  const code = await understand(command, COMMAND_OPTIONS, argv, async (values, operands) => {
    const end = new AbortController();
    const stdout = new StdoutSink(1, end.signal);
    const offSignals = onSignals(
      () => end.abort(),
      () => false,
    );
    try {
      const print = async (text: string | Uint8Array) => stdout.write(Buffer.from(text));
      await command.run(values as CommandValues<Table>, { operands, signal: end.signal, print });
      return DONE;
    } finally {
      offSignals();
      stdout.close();
    }
  });
  return exit(code);
}

/**
 * Reads a command line and acts on it, or does what `--help` and its like ask for.
 *
 * @param act returns the exit code, unless it throws
 * @returns the exit code
 */
export async function understand<Table extends Options>(
  line: CommandLine<Table>,
  common: Options,
  argv: readonly string[],
  act: (values: Values<Options>, operands: readonly string[]) => Promise<number>,
): Promise<number> {
  const isVerbose = argv.some((word) => word === '--verbose' || /^-[a-zA-Z]*v/.test(word));
  const table: Options = { ...common, ...line.options };
  try {
    if (argv.includes('--completion') || argv[0] === COMPLETION_REQUEST) {
      await complete(line.name, table, argv);
      return DONE;
    }
    const { values, operands } = parseArguments(table, argv);
    if (values.help || values.version) {
      const text = values.help ? helpText(line, table) : `${line.name} ${line.version}\n`;
      await new StdoutSink().write(Buffer.from(text));
      return DONE;
    }
    checkOperands(line.operands, operands);
    return await act(values, operands);
  } catch (error) {
    if (error instanceof ReaderGone) return DONE;
    return reportError(line.name, error, isVerbose);
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
