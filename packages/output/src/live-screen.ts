import { cutAt, displayWidth } from './display.js';
import type { Screen } from './table.js';

/** How large a terminal is, in columns and lines. */
export interface ScreenSize {
  readonly columns: number;
  readonly lines: number;
}

/**
 * A frame is shown only when it is whole, by terminals that know how; and meanwhile no line is wrapped, or
 * what is below would be out of place, should a terminal take letters for wider than we do.
 */
const BEGIN = '\x1b[?2026h\x1b[?7l';
const END = '\x1b[?7h\x1b[?2026l';
/** Before the line is written: after one that fills the screen it would take its last letter. */
const CLEAR_LINE = '\x1b[2K';
const CLEAR_BELOW = '\x1b[J';
const CLEAR_ALL = '\x1b[H\x1b[2J';

/**
 * Draws frame upon frame in one place of a terminal: each goes over the one before, and the last
 * stays there when the tool ends. Nothing else of the terminal is changed, so nothing has to be put
 * right after a crash.
 */
export class LiveScreen {
  #drawn = 0;
  #columns = 0;

  /**
   * The bytes that draw a frame, as text.
   *
   * @param frame lines that are safe to print; they are cut at the terminal's width, and those beyond its height are
   *   left out, and the last one says how many
   */
  draw(frame: readonly string[], { columns, lines }: ScreenSize): string {
    const shown = fit(frame, Math.max(lines - 1, 1));
    // A terminal that changes its width wraps what it shows anew: where a frame began is unknown.
    const start = this.#columns !== 0 && this.#columns !== columns ? CLEAR_ALL : up(this.#drawn);
    this.#drawn = shown.length;
    this.#columns = columns;
    const body = shown.map((line) => `${CLEAR_LINE}${cut(line, columns)}\n`).join('');
    return `${BEGIN}${start}${body}${CLEAR_BELOW}${END}`;
  }

  /**
   * The bytes that show a frame on a screen: drawn where that can be drawn over, else printed with
   * an empty line behind.
   *
   * @param last printed whole, in the place of the frame before
   */
  show(frame: readonly string[], { width, height }: Screen, last = false): string {
    const printed = frame.map((line) => `${line}\n`).join('');
    if (height === undefined) return last ? printed : `${printed}\n`;
    const size = { columns: width, lines: height };
    if (!last) return this.draw(frame, size);
    const cleared = this.#drawn > 0 ? this.draw([], size) : '';
    this.leave();
    return cleared + printed;
  }

  /** Leaves the frame where it is, because something was printed below it: the next begins there. */
  leave(): void {
    this.#drawn = 0;
  }
}

function up(lines: number): string {
  return lines > 0 ? `\r\x1b[${lines}A` : '';
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal obeys
const COLOUR = /(\x1b\[\d*m)/;

/** A terminal that does not wrap writes all that is too much over its last column. */
function cut(line: string, columns: number): string {
  let room = columns;
  const parts = line.split(COLOUR).map((part, i) => {
    if (i % 2 === 1) return part;
    const kept = cutAt(part, room);
    room -= displayWidth(kept);
    return kept;
  });
  return parts.join('');
}

function fit(frame: readonly string[], most: number): readonly string[] {
  if (frame.length <= most) return frame;
  const kept = frame.slice(0, most - 1);
  return [...kept, `… ${frame.length - kept.length} more`];
}
