import { isatty } from 'node:tty';
import { Csv } from './csv.js';
import { UsageError } from './errors.js';
import type { Field } from './field.js';
import { JsonLines } from './json-lines.js';
import { nodeFields, nodeName } from './node-field.js';
import type { CommonValues } from './options/common.js';
import type { Renderer } from './renderer.js';
import { onSay } from './report.js';
import { selectFields } from './select-fields.js';
import type { Sink } from './sink.js';
import type { Source } from './source.js';
import { StdoutSink } from './stdout-sink.js';
import { DEFAULT_HEIGHT, DEFAULT_WIDTH, type Screen, Table } from './table.js';
import { relativeTime } from './time-fields.js';

/** A renderer and where its bytes go. */
export class Output<Row> {
  readonly renderer: Renderer<Row>;
  readonly #sink: Sink;

  constructor(renderer: Renderer<Row>, sink: Sink) {
    this.renderer = renderer;
    this.#sink = sink;
  }

  /** Writes what has been rendered; see Sink.write. */
  flush(): void | Promise<void> {
    const { out } = this.renderer;
    if (out.length === 0) return;
    try {
      const pending = this.#sink.write(out.view());
      if (pending) return pending.finally(() => out.clear());
    } catch (error) {
      out.clear();
      throw error;
    }
    out.clear();
  }
}

/** The form of stdout that the options ask for. */
export function formOf(values: CommonValues): 'table' | 'wide' | 'json' | 'csv' {
  return values.output ?? (values.file === '-' ? 'json' : 'table');
}

/** Where the log goes, if there is one: asked for, or the tool's usual one beside a table. */
export function logPath(values: CommonValues, usual: string | undefined): string | undefined {
  if (values.noFile) return undefined;
  if (values.file !== undefined) return values.file === '-' ? undefined : values.file;
  return formOf(values) === 'table' || formOf(values) === 'wide' ? usual : undefined;
}

/** Does the log take the place of standard output? */
export function printsToLog<Row>(values: CommonValues, { printsToFile }: Source<Row>): boolean {
  const form = formOf(values);
  return printsToFile === true && (form === 'table' || form === 'wide');
}

/**
 * What stdout shows, laid out for the terminal or pipe that it is.
 *
 * @param sink another one than stdout is no terminal
 */
export function stdoutOutput<Row>(
  values: CommonValues,
  { fields, snapshots, view }: Source<Row>,
  sink: Sink,
): Output<Row> {
  const form = formOf(values);
  const { chosen, times } = chooseFields(values, fields);
  if (form === 'json') return new Output(new JsonLines(chosen, nodeFields(nodeName(values))), sink);
  if (form === 'csv') return new Output(new Csv(chosen), sink);
  const terminal = sink instanceof StdoutSink && isatty(1);
  const paper = screen(form === 'wide', terminal);
  const renderer: Renderer<Row> =
    (values.fields.length === 0 ? view?.(paper, times) : undefined) ??
    new Table([...times, ...chosen.filter((field) => !times.includes(field))], paper, snapshots);
  if (terminal) {
    process.on('SIGWINCH', () => renderer.resize?.(terminalWidth(), terminalHeight()));
    if (isatty(2)) onSay(() => renderer.leave?.());
  }
  return new Output(renderer, sink);
}

/**
 * What standard output shows of the fields; `times` are the columns of `-T` and `-t`.
 *
 * @throws UsageError USAGE_UNKNOWN_FIELD, USAGE_NO_FIELD_LEFT, USAGE_NO_TIME
 */
export function chooseFields<Row>(
  values: CommonValues,
  all: readonly Field<Row>[],
): { readonly chosen: readonly Field<Row>[]; readonly times: readonly Field<Row>[] } {
  const form = formOf(values);
  if (form === 'json' || form === 'csv')
    return { chosen: selectFields(all, all, values.fields), times: [] };
  const usual = all.filter(
    ({ column: { show } }) => show === 'table' || (show === 'wide' && form === 'wide'),
  );
  return { chosen: selectFields(all, usual, values.fields), times: timeColumns(values, all) };
}

/** The columns of `-T` and `-t`, which stand in front of the others. */
function timeColumns<Row>(
  { time, timestamp }: CommonValues,
  all: readonly Field<Row>[],
): readonly Field<Row>[] {
  if (!time && !timestamp) return [];
  const timed = all.find((field) => field.clockNs);
  if (!timed?.clockNs) {
    throw new UsageError(
      'USAGE_NO_TIME',
      `${time ? '-T' : '-t'}: these rows have no time`,
      'leave it out',
    );
  }
  return [...(time ? [timed] : []), ...(timestamp ? [relativeTime(timed.clockNs)] : [])];
}

function screen(wide: boolean, terminal: boolean): Screen {
  const asked = Number(process.env.COLUMNS);
  const color = terminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  if (terminal) return { width: terminalWidth(), cut: !wide, color, height: terminalHeight() };
  // In a pipe nothing is cut, unless the width was given: `| grep` must see whole values.
  return asked > 0
    ? { width: asked, cut: !wide, color }
    : { width: DEFAULT_WIDTH, cut: false, color };
}

function terminalWidth(): number {
  const [columns] = process.stdout.getWindowSize?.() ?? [0];
  return columns > 0 ? columns : DEFAULT_WIDTH;
}

function terminalHeight(): number {
  const [, lines = 0] = process.stdout.getWindowSize?.() ?? [];
  return lines > 0 ? lines : DEFAULT_HEIGHT;
}
