import { prepare } from './byte-writer.js';
import { clock } from './clock.js';
import { displayBytes, displayText } from './display.js';
import { errnoName } from './errno.js';
import { cellText, type Field, type FieldOptions, field, isNumeric, type Schema } from './field.js';
import { ipText } from './ip-text.js';
import { JsonWriter } from './json-writer.js';

/** A row whose bytes a field writes straight from the batch. */
export interface BytesRow {
  readonly u8: Uint8Array;
}

/** Where the bytes of a field stand in `row.u8`. */
export interface ByteRange<Row> {
  start(row: Row): number;
  end(row: Row): number;
}

/** Reads a value of a row; null is "unknown". */
export type Read<Row, T> = (row: Row) => T | null;

const NUMBER = { width: 7, align: 'right', cut: false } as const;
const TEXT = { width: 16, align: 'left', cut: true } as const;

/** A whole number from 0 to 2^53 - 1. */
export function uint<Row>(
  name: string,
  read: Read<Row, number>,
  options: FieldOptions<Row>,
): Field<Row> {
  return wholeNumber(name, read, options, { type: 'integer', minimum: 0 });
}

/** A whole number of either sign. */
export function int<Row>(
  name: string,
  read: Read<Row, number>,
  options: FieldOptions<Row>,
): Field<Row> {
  return wholeNumber(name, read, options, { type: 'integer' });
}

function wholeNumber<Row>(
  name: string,
  read: Read<Row, number>,
  options: FieldOptions<Row>,
  schema: Schema,
): Field<Row> {
  return field(
    name,
    {
      schema: nullable(schema),
      value: read,
      json(row, out) {
        const value = read(row);
        if (value === null) out.null();
        else out.int(value);
      },
      column: NUMBER,
    },
    options,
  );
}

/** A 64-bit number that may exceed 2^53: a decimal string in JSON. */
export function bigText<Row>(
  name: string,
  read: Read<Row, bigint>,
  options: FieldOptions<Row>,
): Field<Row> {
  return field(
    name,
    {
      schema: nullable({ type: 'string', pattern: '^-?[0-9]+$' }),
      value: (row) => read(row)?.toString() ?? null,
      json(row, out) {
        const value = read(row);
        if (value === null) out.null();
        else out.bigText(value);
      },
      column: { ...NUMBER, width: 12 },
    },
    options,
  );
}

/** True or false. */
export function bool<Row>(
  name: string,
  read: Read<Row, boolean>,
  options: FieldOptions<Row>,
): Field<Row> {
  return field(
    name,
    {
      schema: nullable({ type: 'boolean' }),
      value: read,
      json(row, out) {
        const value = read(row);
        if (value === null) out.null();
        else out.bool(value);
      },
      column: { ...TEXT, width: 5 },
    },
    options,
  );
}

/**
 * Text: either a range of `row.u8`, which goes to JSON without becoming a string, or a function that
 * returns a string. The range `start < 0` is null.
 */
export function text<Row>(
  name: string,
  read: Read<Row, string> | ByteRange<Row & BytesRow>,
  options: FieldOptions<Row>,
): Field<Row> {
  const schema = nullable({ type: 'string' });
  if (!isRange<Row>(read)) {
    return field(
      name,
      {
        schema,
        value: read,
        json(row, out) {
          const value = read(row);
          if (value === null) out.null();
          else out.quoted(value);
        },
        column: TEXT,
      },
      options,
    );
  }
  const json = (row: Row & BytesRow, out: JsonWriter) => {
    const start = read.start(row);
    if (start < 0) out.null();
    else out.text(row.u8, start, read.end(row));
  };
  return field<Row & BytesRow>(
    name,
    {
      schema,
      json,
      value: (row) => parsed(row, json),
      text(row) {
        const start = read.start(row);
        return start < 0 ? '-' : displayBytes(row.u8, start, read.end(row));
      },
      column: TEXT,
    },
    options,
  ) as Field<Row>;
}

/** A list of texts from a range of `row.u8` in which each text ends with a NUL (an argv). */
export function textList<Row extends BytesRow>(
  name: string,
  range: ByteRange<Row>,
  options: FieldOptions<Row>,
): Field<Row> {
  const json = (row: Row, out: JsonWriter) => {
    let start = range.start(row);
    if (start < 0) return out.null();
    const end = range.end(row);
    out.byte(0x5b);
    for (let first = true; start < end; first = false) {
      const nul = row.u8.indexOf(0, start);
      const stop = nul < 0 || nul > end ? end : nul;
      if (!first) out.byte(0x2c);
      out.text(row.u8, start, stop);
      start = stop + 1;
    }
    out.byte(0x5d);
  };
  const schema = nullable({ type: 'array', items: { type: 'string' } });
  const value = (row: Row) => parsed(row, json);
  const words = (row: Row) => {
    const list = value(row) as string[] | null;
    return list === null ? '-' : list.map(displayText).join(' ');
  };
  return field(name, { schema, json, value, text: words, column: { ...TEXT, width: 24 } }, options);
}

/** The same text in every row, such as the type of a tool with one kind of event. */
export function constant<Row>(name: string, value: string, options: FieldOptions<Row>): Field<Row> {
  const bytes = prepare(JSON.stringify(value));
  return field(
    name,
    {
      schema: { const: value },
      value: () => value,
      json: (_row, out) => out.prepared(bytes),
      column: { ...TEXT, width: value.length },
    },
    options,
  );
}

/** One of a few texts. */
export function choice<Row, Value extends string>(
  name: string,
  read: Read<Row, Value>,
  values: readonly Value[],
  options: FieldOptions<Row>,
): Field<Row> {
  const bytes = new Map(values.map((value) => [value, prepare(JSON.stringify(value))]));
  const width = Math.max(...values.map((value) => value.length));
  return field(
    name,
    {
      schema: { enum: [...values, null] },
      value: read,
      json(row, out) {
        const known = bytes.get(read(row) as Value);
        if (known) out.prepared(known);
        else out.null();
      },
      column: { ...TEXT, width },
    },
    options,
  );
}

/**
 * The event's time from nanoseconds of CLOCK_MONOTONIC: RFC 3339 in UTC in JSON and CSV, the local
 * time of day in tables, where `-T` shows it.
 */
export function time<Row>(
  name: string,
  read: (row: Row) => number,
  options: FieldOptions<Row>,
): Field<Row> {
  const json = (row: Row, out: JsonWriter) => out.time(read(row));
  return field(
    name,
    {
      schema: { type: 'string', format: 'date-time' },
      value: (row) => parsed(row, json),
      json,
      clockNs: read,
      column: {
        width: 12,
        align: 'left',
        cut: false,
        text: (row) => timeOfDay(read(row)),
      },
    },
    options,
  );
}

/** Local time of day with milliseconds, `11:13:19.042`. */
export function timeOfDay(monotonicNs: number): string {
  clock.set(monotonicNs);
  const date = new Date(clock.second * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const ms = String(Math.floor(clock.nanosecond / 1e6)).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/**
 * An IP address from its bytes in network order at `start` of `row.u8`: 4 bytes when the family is 4
 * or AF_INET (2), 16 when it is 6 or AF_INET6 (10), else null. IPv4-mapped addresses show as IPv4.
 */
export function ip<Row extends BytesRow>(
  name: string,
  at: { start(row: Row): number },
  family: (row: Row) => number,
  options: FieldOptions<Row>,
): Field<Row> {
  const value = (row: Row) => {
    const length = addressLength(family(row));
    return length === 0 ? null : ipText(row.u8, at.start(row), length);
  };
  return field(
    name,
    {
      schema: nullable({ type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }),
      value,
      json(row, out) {
        const length = addressLength(family(row));
        if (length === 4) out.ipv4(row.u8, at.start(row));
        else if (length === 16) out.ipv6(row.u8, at.start(row));
        else out.null();
      },
      text: (row) => value(row) ?? '-',
      column: { width: 15, align: 'left', cut: false },
    },
    options,
  );
}

function addressLength(family: number): 0 | 4 | 16 {
  if (family === 4 || family === 2) return 4;
  return family === 6 || family === 10 ? 16 : 0;
}

/**
 * Why a call failed: the name of a negative return value (`ECONNREFUSED`), null for one that is 0 or
 * more. A string is taken as it is, for outcomes that the kernel has no number for.
 */
export function errno<Row>(
  name: string,
  read: Read<Row, number | string>,
  options: FieldOptions<Row>,
): Field<Row> {
  const value = (row: Row) => {
    const result = read(row);
    if (typeof result === 'number') return result < 0 ? errnoName(result) : null;
    return result;
  };
  return field(
    name,
    {
      schema: nullable({ type: 'string' }),
      value,
      json(row, out) {
        const known = value(row);
        if (known === null) out.null();
        else out.quoted(known);
      },
      text: (row) => displayText(value(row) ?? ''),
      column: { width: 12, align: 'left', cut: false, alarm: true },
    },
    options,
  );
}

/** JSON rendered by someone else, once for many rows; null and an empty array are null. */
export function json<Row>(
  name: string,
  read: Read<Row, Uint8Array>,
  options: FieldOptions<Row> & { schema: Schema },
): Field<Row> {
  return field(
    name,
    {
      schema: options.schema,
      value(row) {
        const bytes = read(row);
        return bytes && bytes.length > 0 ? JSON.parse(Buffer.from(bytes).toString()) : null;
      },
      json(row, out) {
        const bytes = read(row);
        if (bytes && bytes.length > 0) out.raw(bytes);
        else out.null();
      },
      column: TEXT,
    },
    options,
  );
}

/** Any value, through JSON.stringify: for what is rare or made by the tool itself. */
export function computed<Row>(
  name: string,
  read: (row: Row) => unknown,
  options: FieldOptions<Row> & { schema: Schema },
): Field<Row> {
  return field(
    name,
    {
      schema: options.schema,
      value: read,
      json(row, out) {
        const value = read(row);
        if (value === null || value === undefined) out.null();
        else if (typeof value === 'string') out.quoted(value);
        else out.string(JSON.stringify(value));
      },
      text: (row) => cellText(read(row)),
      column: isNumeric(options.schema) ? NUMBER : TEXT,
    },
    options,
  );
}

/** A schema that also admits null, as every value that may be unknown does. */
export function nullable(schema: Schema): Schema {
  return { ...schema, type: [schema.type, 'null'] };
}

function isRange<Row>(
  read: Read<Row, string> | ByteRange<Row & BytesRow>,
): read is ByteRange<Row & BytesRow> {
  return 'start' in read && 'end' in read;
}

let scratch: JsonWriter | undefined;

/** The value that JSON.parse makes of what `write` writes: one rule of escaping for all forms. */
function parsed<Row>(row: Row, write: (row: Row, out: JsonWriter) => void): unknown {
  scratch ??= new JsonWriter();
  scratch.clear();
  write(row, scratch);
  return JSON.parse(scratch.view().toString());
}

/** Seconds since the first row, for `-t`: a column that no other form has. */
export function relativeTime<Row>(clockNs: (row: Row) => number): Field<Row> {
  let first: number | undefined;
  const value = (row: Row) => {
    const now = clockNs(row);
    first ??= now;
    return ((now - first) / 1e9).toFixed(3);
  };
  return computed('time_s', value, {
    description: 'seconds since the first event',
    schema: { type: 'string' },
    column: { header: 'TIME(s)', width: 9, align: 'right', cut: false },
  });
}
