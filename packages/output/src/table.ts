import { ByteWriter } from './byte-writer.js';
import { displayWidth, truncate, truncateMiddle, truncateStart } from './display.js';
import type { Column, Cut, Field } from './field.js';
import { LiveScreen } from './live-screen.js';
import type { Renderer } from './renderer.js';
import type { Snapshot } from './source.js';

/** Width of a screen that nobody told us. */
export const DEFAULT_WIDTH = 80;
/** Its height. */
export const DEFAULT_HEIGHT = 24;

/** What a table is printed on. */
export interface Screen {
  /** Columns of the terminal, by which columns are laid out. */
  readonly width: number;
  /** Cut text that does not fit; a pipe takes whole values. */
  readonly cut: boolean;
  readonly color: boolean;
  /** Lines of the terminal; left out where nothing can be drawn over, as in a pipe. */
  readonly height?: number;
}

interface Place<Row> {
  readonly column: Column<Row>;
  /** Offset behind the column, where the next separator stands. */
  readonly end: number;
  readonly width: number;
}

const BOLD = '\x1b[1m';
const RED = '\x1b[31m';
const RESET = '\x1b[0m';

const CUTS: Readonly<Record<Exclude<Cut, false>, typeof truncate>> = {
  start: truncateStart,
  end: truncate,
  middle: truncateMiddle,
};

/**
 * Rows as aligned columns, header first. A value longer than its column takes room from the columns
 * behind it, so that one long address does not push the whole row aside. No row is longer than the
 * line of a terminal: it would wrap, and a picture that is redrawn in place would fall apart.
 */
export class Table<Row> implements Renderer<Row> {
  readonly out = new ByteWriter();
  readonly #columns: readonly Column<Row>[];
  #screen: Screen;
  #places: readonly Place<Row>[];
  readonly #live = new LiveScreen();
  /** Lines of the snapshot that is being taken. */
  #snapshot: string[] | undefined;
  #last = false;
  readonly #snapshots: boolean;

  /** @param snapshots rows come as snapshots, each of which has a header of its own */
  constructor(fields: readonly Field<Row>[], screen: Screen, snapshots = false) {
    this.#snapshots = snapshots;
    this.#columns = fields.map(({ column }) => column);
    this.#screen = screen;
    this.#places = layOut(this.#columns, screen.width);
  }

  /** Lays out anew for a terminal that changed its size. */
  resize(width: number, height?: number): void {
    this.#screen = { ...this.#screen, width, ...(height === undefined ? {} : { height }) };
    this.#places = layOut(this.#columns, width);
  }

  start(): void {
    if (!this.#snapshots) this.#lines([this.headerLine()]);
  }

  row(row: Row): void {
    const line = this.rowLine(row);
    if (this.#snapshot !== undefined) {
      this.#snapshot.push(line);
      return;
    }
    this.#live.leave();
    this.out.string(line);
    this.out.byte(0x0a);
  }

  /** Something else is printed on this screen. */
  leave(): void {
    this.#live.leave();
  }

  beginSnapshot({ heading, last = false }: Snapshot): void {
    this.#snapshot = [...(heading === '' ? [] : [heading]), this.headerLine()];
    this.#last = last;
  }

  endSnapshot(): void {
    const frame = this.#snapshot ?? [];
    this.#snapshot = undefined;
    this.out.string(this.#live.show(frame, this.#screen, this.#last));
  }

  epilogue(lines: readonly string[]): void {
    this.#lines(lines);
  }

  #lines(lines: readonly string[]): void {
    for (const line of lines) this.out.string(`${line}\n`);
  }

  /** The header as a line, for who puts tables together. */
  headerLine(): string {
    const line = this.#line((column) => column.header);
    return this.#screen.color ? `${BOLD}${line}${RESET}` : line;
  }

  rowLine(row: Row): string {
    return this.#line((column) => column.text(row), this.#screen.color);
  }

  #line(textOf: (column: Column<Row>) => string, color = false): string {
    const places = this.#places;
    const texts = places.map(({ column }) => textOf(column));
    const widths = texts.map(displayWidth);
    if (this.#screen.cut) this.#fit(texts, widths);
    const last = places.length - 1;
    let line = '';
    let at = 0;
    for (let i = 0; i <= last; i++) {
      const { column, end } = places[i] as Place<Row>;
      const text = texts[i] as string;
      const shown = widths[i] as number;
      const free = Math.max(end - at - shown, 0);
      const painted = color && column.alarm && shown > 0 ? `${RED}${text}${RESET}` : text;
      if (column.align === 'right') line += spaces(free) + painted;
      else line += i === last ? painted : painted + spaces(free);
      at += shown + free;
      if (i < last) {
        line += ' ';
        at++;
      }
    }
    return line.endsWith(' ') ? line.trimEnd() : line;
  }

  /** Cuts texts until the row fits the screen. */
  #fit(texts: string[], widths: number[]): void {
    const places = this.#places;
    const last = places.length - 1;
    const rooms = places.map(({ column: { cut }, width }, i) => {
      const shown = widths[i] as number;
      if (!isText(cut)) return shown;
      // The last column has the rest of the line; others their own width, even after a long one.
      return Math.min(shown, i === last ? MIN_WIDTH : width);
    });
    for (let excess = this.#excess(rooms); excess > 0; excess = this.#excess(rooms)) {
      let widest = -1;
      for (let i = 0; i <= last; i++) {
        if (places[i]?.column.cut !== 'middle' || (rooms[i] as number) <= MIN_WIDTH) continue;
        if (widest < 0 || (rooms[i] as number) > (rooms[widest] as number)) widest = i;
      }
      if (widest < 0) break;
      rooms[widest] = (rooms[widest] as number) - 1;
    }
    rooms[last] = (rooms[last] as number) + Math.max(-this.#excess(rooms), 0);
    for (let i = 0; i <= last; i++) {
      const { cut } = (places[i] as Place<Row>).column;
      if (!cut || (widths[i] as number) <= (rooms[i] as number)) continue;
      texts[i] = CUTS[cut](texts[i] as string, rooms[i] as number);
      widths[i] = displayWidth(texts[i] as string);
    }
  }

  /** By how much a row of these widths is longer than the screen; negative: so much is free. */
  #excess(widths: readonly number[]): number {
    let at = -1;
    for (const [i, { column, end }] of this.#places.entries()) {
      const padded = i < widths.length - 1 || column.align === 'right';
      at = Math.max(at + 1 + (widths[i] as number), padded ? end : 0);
    }
    return at - this.#screen.width;
  }
}

const SPACES = Array.from({ length: 64 }, (_, count) => ' '.repeat(count));

function spaces(count: number): string {
  return SPACES[count] ?? ' '.repeat(count);
}

const isText = (cut: Cut): boolean => cut === 'start' || cut === 'end';

/** Narrowest a column becomes before lines grow longer than the screen. */
const MIN_WIDTH = 6;

/** Gives each column its width; too wide a table takes it from the widest text columns. */
function layOut<Row>(columns: readonly Column<Row>[], screenWidth: number): Place<Row>[] {
  const widths = columns.map(({ width, header }) => Math.max(width, header.length));
  const least = columns.map(({ cut, header }, i) =>
    isText(cut) ? Math.max(header.length, MIN_WIDTH) : (widths[i] as number),
  );
  let excess = widths.reduce((sum, width) => sum + width + 1, -1) - screenWidth;
  while (excess > 0) {
    let widest = -1;
    for (let i = 0; i < widths.length; i++) {
      const canShrink = (widths[i] as number) > (least[i] as number);
      if (canShrink && (widest < 0 || (widths[i] as number) > (widths[widest] as number)))
        widest = i;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] as number) - 1;
    excess--;
  }
  let end = -1;
  return columns.map((column, i) => {
    const width = widths[i] as number;
    end += width + 1;
    return { column, width, end };
  });
}
