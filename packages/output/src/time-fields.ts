import { clock } from './clock.js';
import { type Field, type FieldOptions, field } from './field.js';
import type { JsonWriter } from './json-writer.js';
import { parsed } from './parsed.js';

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

/** Seconds since the first row, for `-t`: a column that no other form has. */
export function relativeTime<Row>(clockNs: (row: Row) => number): Field<Row> {
  let first: number | undefined;
  const value = (row: Row) => {
    const now = clockNs(row);
    first ??= now;
    return ((now - first) / 1e9).toFixed(3);
  };
  return field(
    'time_s',
    {
      schema: { type: 'string' },
      value,
      json: (row, out) => out.quoted(value(row)),
      column: { width: 9, align: 'right', cut: false },
    },
    {
      description: 'seconds since the first event',
      column: { header: 'TIME(s)' },
    },
  );
}
