import { type Prepared, prepare } from './byte-writer.js';
import type { Field } from './field.js';
import { JsonWriter } from './json-writer.js';
import type { Renderer } from './renderer.js';
import type { Lost, Summary } from './source.js';
import { lostFields, summaryFields } from './stream-lines.js';

const END = prepare('}\n');

/** Writes one object per row, all keys always there. */
class Line<Row> {
  readonly #fields: readonly Field<Row>[];
  /** `{"first":`, `,"second":` and so on. */
  readonly #keys: readonly Prepared[];

  constructor(fields: readonly Field<Row>[]) {
    this.#fields = fields;
    this.#keys = fields.map(({ name }, index) =>
      prepare(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    );
  }

  write(row: Row, out: JsonWriter): void {
    const fields = this.#fields;
    const keys = this.#keys;
    for (let i = 0; i < fields.length; i++) {
      out.prepared(keys[i] as Prepared);
      (fields[i] as Field<Row>).json(row, out);
    }
    out.prepared(END);
  }
}

/** One JSON object per line; losses and the summary are lines of the types `lost` and `summary`. */
export class JsonLines<Row> implements Renderer<Row> {
  readonly out = new JsonWriter();
  readonly #line: Line<Row>;

  constructor(fields: readonly Field<Row>[]) {
    this.#line = new Line(fields);
  }

  start(): void {}

  row(row: Row): void {
    this.#line.write(row, this.out);
  }

  lost(lost: Lost): void {
    new Line(lostFields).write(lost, this.out);
  }

  summary(summary: Summary): void {
    new Line(summaryFields).write(summary, this.out);
  }
}
