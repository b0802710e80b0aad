import { displayText } from './display.js';
import type { JsonWriter } from './json-writer.js';

/** A JSON Schema (draft 2020-12) of one value. */
export type Schema = Readonly<Record<string, unknown>>;

/** How a field looks in a table. */
export interface Column<Row> {
  readonly header: string;
  /** Usual width in terminal columns; a longer value takes room from the next columns. */
  readonly width: number;
  readonly align: 'left' | 'right';
  /** In every table, or only in the wide one. */
  readonly show: 'table' | 'wide';
  /** May be cut with an ellipsis on a terminal; numbers and addresses never are. */
  readonly cut: boolean;
  /** Shown in red when it is not empty. */
  readonly alarm: boolean;
  /** The cell: one line that is safe to print. */
  text(row: Row): string;
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
  /** Absent: not in tables, unless `--fields` asks for it. */
  readonly column?: Column<Row>;
  /** The event's time, nanoseconds of CLOCK_MONOTONIC; the `time` field has it. */
  clockNs?(row: Row): number;
}

/** What a tool says of a field; everything else follows from its kind. */
export interface FieldOptions<Row> {
  description: string;
  unit?: string;
  /** Left out: JSON and `--fields` only. An empty object takes all defaults. */
  column?: ColumnOptions<Row>;
}

export interface ColumnOptions<Row> {
  header?: string;
  width?: number;
  align?: 'left' | 'right';
  show?: 'table' | 'wide';
  cut?: boolean;
  alarm?: boolean;
  /** Another text than the value's own; it is escaped for the terminal. */
  text?(row: Row): string;
}

/** What the kind of a field decides. */
export interface FieldKind<Row> {
  schema: Schema;
  value(row: Row): unknown;
  json(row: Row, out: JsonWriter): void;
  /** Cell text, already safe to print; by default made from the value. */
  text?(row: Row): string;
  column: { width: number; align: 'left' | 'right'; cut: boolean; alarm?: boolean };
  clockNs?(row: Row): number;
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
  return {
    name,
    description: options.description,
    ...(options.unit === undefined ? {} : { unit: options.unit }),
    schema: kind.schema,
    value: kind.value,
    json: kind.json,
    ...(kind.clockNs ? { clockNs: kind.clockNs } : {}),
    ...(options.column ? { column: column(name, kind, options.column) } : {}),
  };
}

/** The column of a field, also of one that shows itself only when `--fields` names it. */
export function columnOf<Row>(of: Field<Row>): Column<Row> {
  if (of.column) return of.column;
  const number = isNumeric(of.schema);
  const kind: FieldKind<Row> = {
    schema: of.schema,
    value: of.value,
    json: of.json,
    column: { width: Math.max(of.name.length, 8), align: number ? 'right' : 'left', cut: !number },
  };
  return column(of.name, kind, {});
}

function column<Row>(name: string, kind: FieldKind<Row>, own: ColumnOptions<Row>): Column<Row> {
  const { text } = own;
  const plain = kind.text ?? ((row: Row) => cellText(kind.value(row)));
  return {
    header: own.header ?? name.toUpperCase(),
    width: own.width ?? kind.column.width,
    align: own.align ?? kind.column.align,
    show: own.show ?? 'table',
    cut: own.cut ?? kind.column.cut,
    alarm: own.alarm ?? kind.column.alarm ?? false,
    text: text ? (row) => displayText(text(row)) : plain,
  };
}

/** True for schemas of numbers, which tables align to the right. */
export function isNumeric(schema: Schema): boolean {
  const types = [schema['type']].flat();
  return types.includes('integer') || types.includes('number');
}

/** A parsed JSON value as the text of a cell; what is unknown is a dash. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return displayText(value);
  if (typeof value === 'object') return displayText(JSON.stringify(value));
  return String(value);
}
