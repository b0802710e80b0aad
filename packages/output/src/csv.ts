import { ByteWriter } from './byte-writer.js';
import type { Field } from './field.js';
import type { Renderer } from './renderer.js';

/**
 * Comma-separated values, RFC 4180 with a header. Values are those of the JSON form; text is escaped
 * as in tables, so that each record is one line. What is unknown is empty.
 */
export class Csv<Row> implements Renderer<Row> {
  readonly out = new ByteWriter();
  readonly #fields: readonly Field<Row>[];

  constructor(fields: readonly Field<Row>[]) {
    this.#fields = fields;
  }

  start(): void {
    this.#record(this.#fields.map(({ name }) => name));
  }

  row(row: Row): void {
    this.#record(this.#fields.map((field) => known(field.text(row))));
  }

  #record(cells: readonly string[]): void {
    this.out.string(`${cells.map(quote).join(',')}\r\n`);
  }
}

function quote(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function known(text: string): string {
  return text === '-' ? '' : text;
}
