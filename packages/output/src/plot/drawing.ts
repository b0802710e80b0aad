/** A picture as a list of shapes, in the order in which they are painted; colours are `#rrggbb`. */
export interface Drawing {
  /** What it shows, for who cannot see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly background: string;
  readonly shapes: readonly Shape[];
}

export type Shape = Rectangle | Line | Text;

export interface Rectangle {
  readonly kind: 'rectangle';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
}

export interface Line {
  readonly kind: 'line';
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly stroke: string;
  readonly width: number;
  /** Length of dashes and of the gaps between them; left out: a whole line. */
  readonly dash?: number;
}

export interface Text {
  readonly kind: 'text';
  readonly x: number;
  /** Of the line that letters stand on. */
  readonly y: number;
  readonly text: string;
  /** Height of a line; capital letters have 0.7 of it. */
  readonly size: number;
  readonly fill: string;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
}
