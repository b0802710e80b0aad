import { displayBytes } from './display.js';
import { type Field, type FieldOptions, field } from './field.js';
import type { JsonWriter } from './json-writer.js';
import { parsed } from './parsed.js';

/** A run of bytes anywhere; `start < 0` is null. */
export interface ByteRun {
  readonly u8: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Text whose bytes are not in the row but were put together from it, such as an absolute path. The
 * run is used at once, so `read` may return the same buffer for every row.
 */
export function byteRun<Row>(
  name: string,
  read: (row: Row) => ByteRun,
  options: FieldOptions<Row>,
): Field<Row> {
  const json = (row: Row, out: JsonWriter): void => {
    const { u8, start, end } = read(row);
    if (start < 0) out.null();
    else out.text(u8, start, end);
  };
  return field(
    name,
    {
      schema: { type: ['string', 'null'] },
      json,
      value: (row) => parsed(row, json),
      text(row) {
        const { u8, start, end } = read(row);
        return start < 0 ? '-' : displayBytes(u8, start, end);
      },
      column: { width: 24, align: 'left', cut: 'end' },
    },
    options,
  );
}
