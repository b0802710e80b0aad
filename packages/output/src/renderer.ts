import type { ByteWriter } from './byte-writer.js';
import type { Lost, Summary } from './source.js';

/** Turns rows into bytes of one form; whoever owns it empties `out` into a sink. */
export interface Renderer<Row> {
  readonly out: ByteWriter;
  /** Before the first row: a header, if the form has one. */
  start(): void;
  row(row: Row): void;
  /** Loss as part of the stream; forms for people leave it to stderr. */
  lost?(lost: Lost): void;
  /** The closing line; forms for people leave it to stderr. */
  summary?(summary: Summary): void;
}
