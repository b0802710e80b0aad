import type { Distribution, LogBin } from '../distribution.js';
import type { Drawing, Shape } from './drawing.js';

/** What a histogram tells. */
export interface HistogramPlot {
  readonly title: string;
  /** What is counted, such as `sessions`. */
  readonly counted: string;
  /** What the horizontal axis measures, such as `duration`. */
  readonly measured: string;
  /** A value for people, such as `1.2 ms`. */
  text(value: number): string;
}

const WIDTH = 860;
const HEIGHT = 460;
const LEFT = 70;
const RIGHT = 30;
const TOP = 112;
const BOTTOM = 62;
const INK = '#1f2933';
const FAINT = '#697586';
const GRID = '#e4e8ed';
const BAR = '#3f7cac';
const MARK = '#c2410c';
const QUANTILES = [0.5, 0.9, 0.99] as const;
/** Room that the label of a quantile needs. */
const LABEL = 92;

/** Draws how values are distributed: counts over a logarithmic axis, with quantiles. */
export function plotHistogram(
  distribution: Distribution,
  { title, counted, measured, text }: HistogramPlot,
): Drawing {
  const heading: Shape[] = [
    label(LEFT, 34, title, { size: 19, bold: true, fill: INK }),
    label(LEFT, 56, summary(distribution, counted, text), { size: 13 }),
  ];
  const shapes = distribution.count === 0 ? [] : new Axes(distribution, text).shapes;
  const names = [
    label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, `${measured}, logarithmic`, {
      anchor: 'middle',
    }),
    label(LEFT - 8, TOP - 14, counted, { anchor: 'end' }),
  ];
  return {
    width: WIDTH,
    height: HEIGHT,
    background: '#ffffff',
    title,
    shapes: [...heading, ...shapes, ...names],
  };
}

function summary(all: Distribution, counted: string, text: (value: number) => string): string {
  const count = `${all.count.toLocaleString('en-US')} ${counted}`;
  if (all.count === 0) return count;
  return `${count} · min ${text(all.min)} · median ${text(all.quantile(0.5))} · max ${text(all.max)}`;
}

class Axes {
  readonly #bins: readonly LogBin[];
  readonly #from: number;
  readonly #to: number;
  readonly #most: number;
  readonly #step: number;
  readonly shapes: readonly Shape[];

  constructor(distribution: Distribution, text: (value: number) => string) {
    this.#bins = distribution.bins(10);
    const [first, last] = [this.#bins[0] as LogBin, this.#bins.at(-1) as LogBin];
    // Whole powers of ten, or there would be few labels.
    this.#from = 10 ** Math.floor(Math.log10(first.from) + 1e-9);
    this.#to = 10 ** Math.ceil(Math.log10(last.to) - 1e-9);
    const highest = Math.max(...this.#bins.map(({ count }) => count));
    this.#step = niceStep(highest / 5);
    this.#most = Math.ceil(highest / this.#step) * this.#step;
    this.shapes = [
      ...this.#horizontal(),
      ...this.#vertical(text),
      ...this.#bars(),
      ...this.#quantiles(distribution, text),
    ];
  }

  #x(value: number): number {
    const share = Math.log10(value / this.#from) / Math.log10(this.#to / this.#from);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  #y(count: number): number {
    return HEIGHT - BOTTOM - (count / this.#most) * (HEIGHT - TOP - BOTTOM);
  }

  #horizontal(): Shape[] {
    const shapes: Shape[] = [];
    for (let count = 0; count <= this.#most; count += this.#step) {
      const y = this.#y(count);
      shapes.push(line(LEFT, y, WIDTH - RIGHT, y, count === 0 ? FAINT : GRID));
      const number = count.toLocaleString('en-US');
      shapes.push(label(LEFT - 8, y + 4, number, { anchor: 'end' }));
    }
    return shapes;
  }

  #vertical(text: (value: number) => string): Shape[] {
    const shapes: Shape[] = [];
    const base = HEIGHT - BOTTOM;
    for (let decade = this.#from; decade <= this.#to * 1.001; decade *= 10) {
      const x = this.#x(decade);
      shapes.push(line(x, TOP, x, base, GRID), line(x, base, x, base + 6, FAINT));
      shapes.push(label(x, base + 21, text(decade), { anchor: 'middle' }));
      for (let minor = 2; minor < 10 && decade * minor < this.#to; minor++) {
        const at = this.#x(decade * minor);
        shapes.push(line(at, base, at, base + 3, FAINT));
      }
    }
    return shapes;
  }

  #bars(): Shape[] {
    return this.#bins.flatMap(({ from, to, count }) => {
      if (count === 0) return [];
      const [x, y] = [this.#x(from), this.#y(count)];
      // A single one among thousands is still to be seen.
      const height = Math.max(HEIGHT - BOTTOM - y, 1.5);
      const width = Math.max(this.#x(to) - x - 1, 1);
      return [
        { kind: 'rectangle', x: x + 0.5, y: HEIGHT - BOTTOM - height, width, height, fill: BAR },
      ];
    });
  }

  /** Each label on a line of its own as far as it would touch the one before. */
  #quantiles(distribution: Distribution, text: (value: number) => string): Shape[] {
    let row = 0;
    let before = Number.NEGATIVE_INFINITY;
    return QUANTILES.flatMap((share) => {
      const value = distribution.quantile(share);
      const x = this.#x(Math.max(value, this.#from));
      row = x - before < LABEL ? row + 1 : 0;
      before = x;
      const y = TOP - 6 - (QUANTILES.length - 1 - row) * 15 + 2;
      const toLeft = x + LABEL > WIDTH - RIGHT;
      return [
        line(x, y - 10, x, HEIGHT - BOTTOM, MARK, 4),
        label(x + (toLeft ? -5 : 5), y, `p${share * 100} ${text(value)}`, {
          fill: MARK,
          anchor: toLeft ? 'end' : 'start',
        }),
      ];
    });
  }
}

/** The smallest of 1, 2, 5, 10, 20, 50, … that is not below the value; at least 1. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least) ?? power * 10;
}

interface LabelStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

function label(x: number, y: number, text: string, style: LabelStyle = {}): Shape {
  return { kind: 'text', x, y, text, size: 12, fill: FAINT, anchor: 'start', ...style };
}

function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
  dash?: number,
): Shape {
  const dashes = dash === undefined ? {} : { dash };
  return { kind: 'line', x1, y1, x2, y2, stroke, width: 1, ...dashes };
}
