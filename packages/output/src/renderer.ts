import type { ByteWriter } from './byte-writer.js';
import type { Lost, Snapshot, Summary } from './source.js';

/** Turns rows into bytes of one form; whoever owns it empties `out` into a sink. */
export interface Renderer<Row> {
  readonly out: ByteWriter;
  /** Before the first row: a header, if the form has one. */
  start(): void;
  row(row: Row): void;
  /** The rows from here to `endSnapshot` are the whole picture of a moment. */
  beginSnapshot?(snapshot: Snapshot): void;
  endSnapshot?(): void;
  /** The terminal has another size now. */
  resize?(width: number, height: number): void;
  /** Something else was printed on this screen. */
  leave?(): void;
  /** Loss as part of the stream; forms for people leave it to stderr. */
  lost?(lost: Lost): void;
  /** The closing line; forms for people leave it to stderr. */
  summary?(summary: Summary): void;
  /** Lines for people after the last row. */
  epilogue?(lines: readonly string[]): void;
}
