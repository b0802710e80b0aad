import type { ByteRun } from './byte-run.js';
import { displayBytes } from './display.js';
import { FewTexts } from './few-texts.js';
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
    const texts = new FewTexts();
    return field(
      name,
      {
        schema,
        value: read,
        json(row, out) {
          const value = read(row);
          if (value === null) out.null();
          else texts.write(value, out);
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

/**
 * A list of texts, each of which ends with a NUL (an argv): either a range of `row.u8`, or a run of
 * bytes anywhere that is used at once.
 *
 * @param options `quote`: cells have each text in double quotes
 */
export function textList<Row extends BytesRow>(
  name: string,
  read: ByteRange<Row> | ((row: Row) => ByteRun),
  { quote = false, ...options }: FieldOptions<Row> & { quote?: boolean },
): Field<Row> {
  const run = typeof read === 'function' ? read : runOf(read);
  const json = (row: Row, out: JsonWriter) => {
    const { u8, start, end } = run(row);
    if (start < 0) return out.null();
    out.byte(0x5b);
    for (let at = start; at < end; ) {
      const stop = endOfText(u8, at, end);
      if (at > start) out.byte(0x2c);
      out.text(u8, at, stop);
      at = stop + 1;
    }
    out.byte(0x5d);
  };
  const text = (row: Row) => {
    const { u8, start, end } = run(row);
    if (start < 0) return '-';
    const words: string[] = [];
    for (let at = start; at < end; ) {
      const stop = endOfText(u8, at, end);
      const word = displayBytes(u8, at, stop);
      words.push(quote ? `"${word.replaceAll('"', '\\"')}"` : word);
      at = stop + 1;
    }
    return words.join(' ');
  };
  const schema = nullable({ type: 'array', items: { type: 'string' } });
  const value = (row: Row) => parsed(row, json);
  return field(name, { schema, json, value, text, column: { ...TEXT, width: 24 } }, options);
}

function runOf<Row extends BytesRow>(range: ByteRange<Row>): (row: Row) => ByteRun {
  return (row) => ({ u8: row.u8, start: range.start(row), end: range.end(row) });
}

function endOfText(u8: Uint8Array, from: number, end: number): number {
  const nul = u8.indexOf(0, from);
  return nul < 0 || nul > end ? end : nul;
}

function isRange<Row>(
  read: Read<Row, string> | ByteRange<Row & BytesRow>,
): read is ByteRange<Row & BytesRow> {
  return 'start' in read && 'end' in read;
}
