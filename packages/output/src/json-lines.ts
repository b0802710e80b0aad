import { type Prepared, prepare } from './byte-writer.js';
import type { Field } from './field.js';
import { JsonWriter } from './json-writer.js';
import type { Renderer } from './renderer.js';
import type { Lost, Summary } from './source.js';

const END = prepare('}\n');

/** One JSON object per line; losses and the summary are lines of the types `lost` and `summary`. */
export class JsonLines<Row> implements Renderer<Row> {
  readonly out = new JsonWriter();
  readonly #fields: readonly Field<Row>[];
  /** `{"first":`, `,"second":` and so on. */
  readonly #keys: readonly Prepared[];

  constructor(fields: readonly Field<Row>[]) {
    this.#fields = fields;
    this.#keys = fields.map(({ name }, index) =>
      prepare(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    );
  }

  start(): void {}

  row(row: Row): void {
    const { out } = this;
    const fields = this.#fields;
    const keys = this.#keys;
    for (let i = 0; i < fields.length; i++) {
      out.prepared(keys[i] as Prepared);
      (fields[i] as Field<Row>).json(row, out);
    }
    out.prepared(END);
  }

  lost({ count, cause, total, hint }: Lost): void {
    this.#line('lost', { count, cause, total, hint });
  }

  summary({ events, lost, durationMs }: Summary): void {
    this.#line('summary', { events, lost, duration_ms: Math.round(durationMs) });
  }

  #line(type: string, values: Record<string, unknown>): void {
    const { out } = this;
    out.string(`{"type":"${type}","time":`);
    out.time(Number(process.hrtime.bigint()));
    for (const [name, value] of Object.entries(values)) {
      out.string(`,"${name}":${JSON.stringify(value)}`);
    }
    out.prepared(END);
  }
}
