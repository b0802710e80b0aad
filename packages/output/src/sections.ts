import { ByteWriter } from './byte-writer.js';
import type { Field } from './field.js';
import { LiveScreen } from './live-screen.js';
import type { Renderer } from './renderer.js';
import type { Snapshot } from './source.js';
import { type Screen, Table } from './table.js';

/** One of several tables below each other. */
export interface Section<Row> {
  readonly fields: readonly Field<Row>[];
  /** Does this row belong here? The first section that takes a row has it. */
  takes(row: Row): boolean;
  /** Without rows, a snapshot shows its header all the same. */
  readonly always?: boolean;
}

/**
 * Rows of several kinds, each under a header of its own. Within a snapshot the tables stand in the
 * order of the sections; a row outside of one goes below what is there, after its header unless it
 * continues the same table.
 */
export class Sections<Row> implements Renderer<Row> {
  readonly out = new ByteWriter();
  readonly #sections: readonly Section<Row>[];
  readonly #tables: readonly Table<Row>[];
  readonly #live = new LiveScreen();
  #screen: Screen;
  #snapshot: { readonly about: Snapshot; readonly lines: string[][] } | undefined;
  /** The section whose table the line printed last belongs to. */
  #open: number | undefined;
  /** Nothing is above, or an empty line. */
  #apart = true;

  constructor(sections: readonly Section<Row>[], screen: Screen) {
    this.#sections = sections;
    this.#screen = screen;
    this.#tables = sections.map(({ fields }) => new Table(fields, screen, true));
  }

  start(): void {}

  resize(width: number, height: number): void {
    this.#screen = { ...this.#screen, width, height };
    for (const table of this.#tables) table.resize(width, height);
  }

  leave(): void {
    this.#live.leave();
  }

  row(row: Row): void {
    const index = this.#sections.findIndex((section) => section.takes(row));
    const table = this.#tables[index];
    if (table === undefined) return;
    if (this.#snapshot !== undefined) {
      this.#snapshot.lines[index]?.push(table.rowLine(row));
      return;
    }
    this.#live.leave();
    if (this.#open !== index) this.#print([...this.#gap(), table.headerLine()]);
    this.#open = index;
    this.#print([table.rowLine(row)]);
  }

  beginSnapshot(about: Snapshot): void {
    this.#snapshot = { about, lines: this.#sections.map(() => []) };
  }

  endSnapshot(): void {
    const { about, lines } = this.#snapshot ?? { about: { heading: '' }, lines: [] };
    this.#snapshot = undefined;
    const frame = about.heading === '' ? [] : [about.heading];
    for (const [index, rows] of lines.entries()) {
      if (rows.length === 0 && this.#sections[index]?.always !== true) continue;
      if (frame.length > 0 && frame.at(-1) !== about.heading) frame.push('');
      frame.push(this.#tables[index]?.headerLine() ?? '', ...rows);
    }
    const gap = this.#open === undefined ? [] : this.#gap();
    this.#open = undefined;
    this.#print(gap);
    this.out.string(this.#live.show(frame, this.#screen, about.last));
    this.#apart = about.last !== true && this.#screen.height === undefined;
  }

  epilogue(lines: readonly string[]): void {
    this.#print(lines);
  }

  #gap(): readonly string[] {
    return this.#apart ? [] : [''];
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) this.out.string(`${line}\n`);
    this.#apart = lines.length === 0 ? this.#apart : lines.at(-1) === '';
  }
}
