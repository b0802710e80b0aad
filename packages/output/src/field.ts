import type { MetricRole } from '@imagesnoop/telemetry';
import { displayText } from './display.js';
import type { JsonWriter } from './json-writer.js';

/** A JSON Schema (draft 2020-12) of one value. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * Where an ellipsis may stand for what does not fit: text is cut to its column, at its start or its
 * end; in the middle only as far as the row would be longer than the line; of numbers nothing.
 */
export type Cut = 'start' | 'end' | 'middle' | false;

/** How a field looks in a table. */
export interface Column<Row> {
  readonly header: string;
  /** Usual width in terminal columns; a longer value takes room from the next columns. */
  readonly width: number;
  readonly align: 'left' | 'right';
  /** In every table, only in the wide one, or only when `--fields` asks for it. */
  readonly show: 'table' | 'wide' | 'asked';
  /** What may be cut away on a terminal. */
  readonly cut: Cut;
  /** Shown in red when it is not empty. */
  readonly alarm: boolean;
  /** The cell: one line that is safe to print. */
  text(row: Row): string;
}

/** Reads a value of a row; null is "unknown". */
export type Read<Row, T> = (row: Row) => T | null;

/** How columns of text look unless told otherwise. */
export const TEXT = { width: 16, align: 'left', cut: 'end' } as const;

/**
 * Something that many rows have in common, such as their thread, and from which some of their values
 * follow: what these look like is kept and copied, which is half of the cost of a row.
 */
export interface Shared<Row> {
  /** How many 32-bit words tell it apart. */
  readonly words: number;
  /** Number that is usually another for another one, e.g. the thread id. */
  slot(row: Row): number;
  /** Is it the one that `copy()` made these words of? */
  matches(row: Row, words: Int32Array): boolean;
  copy(row: Row, words: Int32Array): void;
}

/** One thing known of an event: the same table drives JSON, columns, CSV, schema and READMEs. */
export interface Field<Row> {
  /** Name in JSON, in `--fields` and in the CSV header. */
  readonly name: string;
  readonly description: string;
  readonly unit?: string;
  readonly schema: Schema;
  /** The value as JSON.parse would return it. */
  value(row: Row): unknown;
  /** Writes the value as JSON. */
  json(row: Row, out: JsonWriter): void;
  /** The value as one line of text that is safe to print; what is unknown is a dash or empty. */
  text(row: Row): string;
  readonly column: Column<Row>;
  /** The event's time, nanoseconds of CLOCK_MONOTONIC; the `time` field has it. */
  clockNs?(row: Row): number;
  /** What alone decides the value, if there is such a thing. */
  readonly shared?: Shared<Row>;
  /** See `FieldOptions`. */
  readonly metric?: MetricRole;
  /** Something cheaper to have than the value that is the same for the same value. */
  identity?(row: Row): unknown;
}

/** What a tool says of a field; everything else follows from its kind. */
export interface FieldOptions<Row> {
  description: string;
  unit?: string;
  /** Left out: in tables only when `--fields` asks. An empty object takes all defaults. */
  column?: ColumnOptions<Row>;
  /**
   * What it is to the metrics of `--otlp` and `--prometheus`: a label (one text out of a few), a
   * latency (a histogram; its unit is a time), a sum over events, or a gauge summed over the rows of a
   * snapshot. `countWhen`: only rows with this value are events; the others tell a state.
   */
  metric?: MetricRole;
}

export interface ColumnOptions<Row> {
  header?: string;
  width?: number;
  align?: 'left' | 'right';
  show?: 'table' | 'wide' | 'asked';
  cut?: Cut;
  alarm?: boolean;
  /** Another text than the value's own; it is escaped for the terminal. */
  text?(row: Row): string;
}

/** What the kind of a field decides. */
export interface FieldKind<Row> {
  schema: Schema;
  value(row: Row): unknown;
  json(row: Row, out: JsonWriter): void;
  /** Text that is safe to print; by default made from the value. */
  text?(row: Row): string;
  column: {
    width: number;
    align: 'left' | 'right';
    cut: Cut;
    alarm?: boolean;
    /** Cell text where it differs from `text`. */
    text?(row: Row): string;
  };
  clockNs?(row: Row): number;
  metric?: MetricRole;
  identity?(row: Row): unknown;
}

/**
 * Makes a field of any kind; the builders of `fields.ts` call it, and a tool with a kind of its own
 * may.
 */
export function field<Row>(
  name: string,
  kind: FieldKind<Row>,
  options: FieldOptions<Row>,
): Field<Row> {
  const text = kind.text ?? ((row: Row) => cellText(kind.value(row)));
  const { column = { show: 'asked' }, description, unit, metric = kind.metric } = options;
  const { text: own } = column;
  return {
    name,
    description,
    ...(unit === undefined ? {} : { unit }),
    schema: kind.schema,
    value: kind.value,
    json: kind.json,
    text,
    ...(kind.clockNs ? { clockNs: kind.clockNs } : {}),
    ...(metric === undefined ? {} : { metric }),
    ...(kind.identity ? { identity: kind.identity } : {}),
    column: {
      header: name.toUpperCase(),
      show: 'table',
      alarm: false,
      ...kind.column,
      ...column,
      text: own ? (row) => displayText(own(row)) : (kind.column.text ?? text),
    },
  };
}

/** True for schemas of numbers, which tables align to the right. */
export function isNumeric(schema: Schema): boolean {
  const types = [schema.type].flat();
  return types.includes('integer') || types.includes('number');
}

/** A parsed JSON value as the text of a cell; what is unknown is a dash. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return displayText(value);
  if (typeof value === 'object') return displayText(JSON.stringify(value));
  return String(value);
}

/** A schema that also admits null, as every value that may be unknown does. */
export function nullable(schema: Schema): Schema {
  return { ...schema, type: [schema.type, 'null'] };
}
