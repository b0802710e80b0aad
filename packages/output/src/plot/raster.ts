import type { Drawing, Line, Rectangle, Shape, Text } from './drawing.js';
import { CAPITALS, letterOf, textWidth } from './letters.js';

type Color = readonly [red: number, green: number, blue: number];

/** Share of a line's height that capitals have, as in usual fonts. */
const CAPITAL_SHARE = 0.7;
/** Thickness of letters, as a share of the height of capitals. */
const PEN = 0.115;
const BOLD_PEN = 0.165;

/** A drawing as pixels: three bytes each, rows from the top. Edges are smooth. */
export class Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  readonly #scale: number;

  /** @param scale pixels per unit of the drawing */
  constructor(drawing: Drawing, scale: number) {
    this.#scale = scale;
    this.width = Math.round(drawing.width * scale);
    this.height = Math.round(drawing.height * scale);
    this.pixels = new Uint8Array(this.width * this.height * 3);
    const background = colorOf(drawing.background);
    for (let at = 0; at < this.pixels.length; at += 3) this.pixels.set(background, at);
    for (const shape of drawing.shapes) this.#paint(shape);
  }

  #paint(shape: Shape): void {
    if (shape.kind === 'rectangle') this.#rectangle(shape);
    else if (shape.kind === 'line') this.#line(shape);
    else this.#text(shape);
  }

  #rectangle({ x, y, width, height, fill }: Rectangle): void {
    const color = colorOf(fill);
    const s = this.#scale;
    const [left, right, top, bottom] = [x * s, (x + width) * s, y * s, (y + height) * s];
    for (let row = Math.floor(top); row < bottom; row++) {
      const high = Math.min(row + 1, bottom) - Math.max(row, top);
      for (let column = Math.floor(left); column < right; column++) {
        const wide = Math.min(column + 1, right) - Math.max(column, left);
        this.#blend(column, row, color, wide * high);
      }
    }
  }

  #line({ x1, y1, x2, y2, stroke, width, dash }: Line): void {
    const color = colorOf(stroke);
    const s = this.#scale;
    const length = Math.hypot(x2 - x1, y2 - y1);
    const step = dash ?? length;
    for (let from = 0; from < length; from += 2 * step) {
      const [a, b] = [from / length, Math.min((from + step) / length, 1)];
      const at = (share: number): [number, number] => [
        (x1 + (x2 - x1) * share) * s,
        (y1 + (y2 - y1) * share) * s,
      ];
      this.#pen([...at(a), ...at(b)], (width * s) / 2, color, 'flat');
    }
  }

  #text({ x, y, text, size, fill, anchor, bold }: Text): void {
    const color = colorOf(fill);
    const unit = (size * CAPITAL_SHARE * this.#scale) / CAPITALS;
    const radius = (unit * CAPITALS * (bold === true ? BOLD_PEN : PEN)) / 2;
    const shift = { start: 0, middle: 0.5, end: 1 }[anchor] * textWidth(text) * unit;
    let left = x * this.#scale - shift;
    const base = y * this.#scale;
    for (const character of text) {
      const { advance, strokes } = letterOf(character);
      for (const stroke of strokes) {
        const points = stroke.map((value, i) =>
          i % 2 === 0 ? left + value * unit : base - value * unit,
        );
        this.#pen(points, radius, color, 'round');
      }
      left += advance * unit;
    }
  }

  /** Draws along points. Each pixel is painted once, so that joints are no darker. */
  #pen(points: readonly number[], radius: number, color: Color, ends: 'flat' | 'round'): void {
    const xs = points.filter((_, i) => i % 2 === 0);
    const ys = points.filter((_, i) => i % 2 === 1);
    const reach = radius + 1;
    const [left, right] = [Math.min(...xs) - reach, Math.max(...xs) + reach];
    const [top, bottom] = [Math.min(...ys) - reach, Math.max(...ys) + reach];
    for (let row = Math.floor(top); row <= bottom; row++) {
      for (let column = Math.floor(left); column <= right; column++) {
        let nearest = Number.POSITIVE_INFINITY;
        for (let i = 0; i + 3 < points.length; i += 2) {
          const far = distance(column + 0.5, row + 0.5, points, i, ends);
          if (far < nearest) nearest = far;
        }
        this.#blend(column, row, color, Math.min(Math.max(radius + 0.5 - nearest, 0), 1));
      }
    }
  }

  #blend(column: number, row: number, color: Color, share: number): void {
    if (share <= 0 || column < 0 || row < 0 || column >= this.width || row >= this.height) return;
    const at = (row * this.width + column) * 3;
    for (let i = 0; i < 3; i++) {
      const below = this.pixels[at + i] as number;
      this.pixels[at + i] = Math.round(below + ((color[i] as number) - below) * share);
    }
  }
}

/** From a point to the part of a stroke that begins at `i`. */
function distance(
  x: number,
  y: number,
  points: readonly number[],
  i: number,
  ends: 'flat' | 'round',
): number {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points.slice(i, i + 4);
  const [dx, dy] = [x2 - x1, y2 - y1];
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / square;
  if (ends === 'flat' && (along < 0 || along > 1)) return Number.POSITIVE_INFINITY;
  const part = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
}

function colorOf(text: string): Color {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
