import { ByteWriter } from './byte-writer.js';
import { displayWidth, truncate, truncateStart } from './display.js';
import type { Column, Field } from './field.js';
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

/**
 * Rows as aligned columns, header first. A value longer than its column takes room from the columns
 * behind it, so that one long address does not push the whole row aside.
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
    const { cut, width: screenWidth } = this.#screen;
    const last = this.#places.length - 1;
    let line = '';
    let at = 0;
    for (let i = 0; i <= last; i++) {
      const { column, end, width } = this.#places[i] as Place<Row>;
      let text = textOf(column);
      let shown = displayWidth(text);
      if (cut && column.cut) {
        // The last column has the rest of the line; others their own width, even after a long one.
        const room = i === last ? Math.max(screenWidth - at, 1) : width;
        if (shown > room) {
          text = column.cut === 'start' ? truncateStart(text, room) : truncate(text, room);
          shown = displayWidth(text);
        }
      }
      const free = Math.max(end - at - shown, 0);
      const painted = color && column.alarm && shown > 0 ? `${RED}${text}${RESET}` : text;
      if (column.align === 'right') line += spaces(free) + painted;
      else line += i === last ? painted : painted + spaces(free);
      at += shown + (column.align === 'left' && i === last ? 0 : free);
      if (i < last) {
        line += ' ';
        at++;
      }
    }
    return line.endsWith(' ') ? line.trimEnd() : line;
  }
}

const SPACES = Array.from({ length: 64 }, (_, count) => ' '.repeat(count));

function spaces(count: number): string {
  return SPACES[count] ?? ' '.repeat(count);
}

/** Narrowest a text column becomes before lines grow longer than the screen. */
const MIN_TEXT_WIDTH = 6;

/** Gives each column its width; too wide a table takes it from the widest text columns. */
function layOut<Row>(columns: readonly Column<Row>[], screenWidth: number): Place<Row>[] {
  const widths = columns.map(({ width, header }) => Math.max(width, header.length));
  const least = columns.map(({ cut, header }, i) =>
    cut ? Math.max(header.length, MIN_TEXT_WIDTH) : (widths[i] as number),
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
