import { JsonWriter } from './json-writer.js';

let scratch: JsonWriter | undefined;

/** The value that JSON.parse makes of what `write` writes: one rule of escaping for all forms. */
export function parsed<Row>(row: Row, write: (row: Row, out: JsonWriter) => void): unknown {
  scratch ??= new JsonWriter();
  scratch.clear();
  write(row, scratch);
  return JSON.parse(scratch.view().toString());
}
