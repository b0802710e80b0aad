import { displayBytes, displayText } from './display.js';
import { type Field, type FieldOptions, field, nullable, type Read, TEXT } from './field.js';
import type { JsonWriter } from './json-writer.js';
import { parsed } from './parsed.js';

/** A row whose bytes a field writes straight from the batch. */
export interface BytesRow {
  readonly u8: Uint8Array;
}

/** Where the bytes of a field stand in `row.u8`. */
export interface ByteRange<Row> {
  start(row: Row): number;
  end(row: Row): number;
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

function isRange<Row>(
  read: Read<Row, string> | ByteRange<Row & BytesRow>,
): read is ByteRange<Row & BytesRow> {
  return 'start' in read && 'end' in read;
}
