import { type Prepared, prepare } from './byte-writer.js';
import { displayText } from './display.js';
import { errnoName } from './errno.js';
import {
  cellText,
  type Field,
  type FieldOptions,
  field,
  isNumeric,
  nullable,
  type Read,
  type Schema,
  TEXT,
} from './field.js';
import { ipText } from './ip-text.js';
import type { JsonWriter } from './json-writer.js';
import { parsed } from './parsed.js';
import type { BytesRow } from './text-fields.js';

export { type ByteRange, type BytesRow, text, textList } from './text-fields.js';
export { time } from './time-fields.js';

const NUMBER = { width: 7, align: 'right', cut: false } as const;

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
      column: { width: 15, align: 'left', cut: 'middle' },
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
        const result = read(row);
        if (result === null || (typeof result === 'number' && result >= 0)) out.null();
        else if (typeof result === 'number') out.prepared(preparedErrno(result));
        else out.quoted(result);
      },
      text: (row) => displayText(value(row) ?? ''),
      metric: 'label',
      identity(row) {
        const result = read(row);
        return typeof result === 'number' && result >= 0 ? null : result;
      },
      column: { width: 12, align: 'left', cut: false, alarm: true },
    },
    options,
  );
}

const preparedErrnos = new Map<number, Prepared>();
/** Linux has some 150; more would be somebody's game with return values. */
const MAX_ERRNOS = 512;

function preparedErrno(number: number): Prepared {
  let known = preparedErrnos.get(number);
  if (known === undefined) {
    known = prepare(`"${errnoName(number)}"`);
    if (preparedErrnos.size < MAX_ERRNOS) preparedErrnos.set(number, known);
  }
  return known;
}

/** JSON rendered by someone else, the same bytes for many rows; null and an empty array are null. */
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
      identity: read,
      column: TEXT,
    },
    options,
  );
}

/** JSON that the row itself writes, with no copy in between: `write` appends exactly one value. */
export function written<Row>(
  name: string,
  write: (row: Row, out: JsonWriter) => void,
  options: FieldOptions<Row> & { schema: Schema },
): Field<Row> {
  return field(
    name,
    { schema: options.schema, value: (row) => parsed(row, write), json: write, column: TEXT },
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
