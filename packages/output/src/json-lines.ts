import { type Prepared, prepare } from './byte-writer.js';
import type { Field, Schema, Shared } from './field.js';
import { JsonWriter } from './json-writer.js';
import type { Renderer } from './renderer.js';
import type { Lost, Summary } from './source.js';
import { lostFields, summaryFields } from './stream-lines.js';

const END = prepare('}\n');
/** Threads whose part of a line is kept, by `Shared.slot`; a power of two. */
const SLOTS = 256;

/** A part of a line: keys and values that stand side by side. */
interface Part<Row> {
  write(row: Row, out: JsonWriter): void;
}

/** Writes one object per row, all keys always there. */
class Line<Row> {
  readonly #parts: readonly Part<Row>[];

  constructor(fields: readonly Field<Row>[]) {
    const parts: Part<Row>[] = [];
    for (let at = 0; at < fields.length; ) {
      const { shared } = fields[at] as Field<Row>;
      let end = at + 1;
      while (end < fields.length && (fields[end] as Field<Row>).shared === shared) end++;
      const values = new Values(fields.slice(at, end), at === 0);
      parts.push(shared === undefined ? values : new SharedValues(values, shared));
      at = end;
    }
    this.#parts = parts;
  }

  write(row: Row, out: JsonWriter): void {
    const parts = this.#parts;
    for (let i = 0; i < parts.length; i++) (parts[i] as Part<Row>).write(row, out);
    out.prepared(END);
  }
}

class Values<Row> implements Part<Row> {
  readonly #fields: readonly Field<Row>[];
  /** What stands before each value: `{"first":`, `,"second":`, and constants as they are. */
  readonly #before: readonly Prepared[];
  readonly #after: Prepared;

  constructor(fields: readonly Field<Row>[], first: boolean) {
    const before: Prepared[] = [];
    let text = '';
    for (const [index, { name, schema }] of fields.entries()) {
      text += `${first && index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
      if (isConstant(schema)) {
        text += JSON.stringify(schema['const']);
      } else {
        before.push(prepare(text));
        text = '';
      }
    }
    this.#fields = fields.filter(({ schema }) => !isConstant(schema));
    this.#before = before;
    this.#after = prepare(text);
  }

  write(row: Row, out: JsonWriter): void {
    const fields = this.#fields;
    const before = this.#before;
    for (let i = 0; i < fields.length; i++) {
      out.prepared(before[i] as Prepared);
      (fields[i] as Field<Row>).json(row, out);
    }
    if (this.#after.length > 0) out.prepared(this.#after);
  }
}

function isConstant(schema: Schema): boolean {
  return 'const' in schema;
}

/** Values that are rendered once for each thing that rows share. */
class SharedValues<Row> implements Part<Row> {
  readonly #values: Values<Row>;
  readonly #shared: Shared<Row>;
  readonly #kept: ({ words: Int32Array; text: Prepared } | undefined)[] = new Array(SLOTS);

  constructor(values: Values<Row>, shared: Shared<Row>) {
    this.#values = values;
    this.#shared = shared;
  }

  write(row: Row, out: JsonWriter): void {
    const slot = this.#shared.slot(row) & (SLOTS - 1);
    const kept = this.#kept[slot];
    if (kept !== undefined && this.#shared.matches(row, kept.words)) out.prepared(kept.text);
    else this.#keep(slot, row, out);
  }

  #keep(slot: number, row: Row, out: JsonWriter): void {
    const start = out.length;
    this.#values.write(row, out);
    const words = this.#kept[slot]?.words ?? new Int32Array(this.#shared.words);
    this.#shared.copy(row, words);
    this.#kept[slot] = { words, text: prepare(out.bytes.subarray(start, out.length)) };
  }
}

/** One JSON object per line; losses and the summary are lines of the types `lost` and `summary`. */
export class JsonLines<Row> implements Renderer<Row> {
  readonly out = new JsonWriter();
  readonly #line: Line<Row>;
  readonly #node: readonly Field<unknown>[];

  /** @param node what losses and the summary say of the node, if its name is known */
  constructor(fields: readonly Field<Row>[], node: readonly Field<unknown>[] = []) {
    this.#line = new Line(fields);
    this.#node = node;
  }

  start(): void {}

  row(row: Row): void {
    this.#line.write(row, this.out);
  }

  lost(lost: Lost): void {
    new Line([...lostFields, ...this.#node]).write(lost, this.out);
  }

  summary(summary: Summary): void {
    new Line([...summaryFields, ...this.#node]).write(summary, this.out);
  }
}
