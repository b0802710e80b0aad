import { ByteWriter } from './byte-writer.js';
import { columnOf, type Field } from './field.js';
import type { Renderer } from './renderer.js';

/**
 * Comma-separated values, RFC 4180 with a header. Values are those of the JSON form; text is escaped
 * as in tables, so that each record is one line. What is unknown is empty.
 */
export class Csv<Row> implements Renderer<Row> {
  readonly out = new ByteWriter();
  readonly #fields: readonly Field<Row>[];
  readonly #cells: readonly ((row: Row) => string)[];

  constructor(fields: readonly Field<Row>[]) {
    this.#fields = fields;
    this.#cells = fields.map(cell);
  }

  start(): void {
    this.#record(this.#fields.map(({ name }) => name));
  }

  row(row: Row): void {
    this.#record(this.#cells.map((text) => text(row)));
  }

  #record(cells: readonly string[]): void {
    this.out.string(`${cells.map(quote).join(',')}\r\n`);
  }
}

function quote(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The value, not the column's own text, which may leave things out. */
function cell<Row>(field: Field<Row>): (row: Row) => string {
  const { text } = columnOf({ ...field, column: undefined } as unknown as Field<Row>);
  return (row) => {
    const shown = text(row);
    return shown === '-' ? '' : shown;
  };
}
