// Letters for pictures made of pixels. A machine that runs a tracer often has no font at all, and a
// font as a dependency weighs more than the tool. So letters are strokes of a round pen, here: lines
// and parts of ellipses on a grid where capitals are 7 high and small letters 5.

/** Points of a stroke, x and y in turn; y counts upwards from the line that letters stand on. */
export type Stroke = readonly number[];

export interface Letter {
  /** From the beginning of this letter to that of the next. */
  readonly advance: number;
  readonly strokes: readonly Stroke[];
}

type Shape = readonly [width: number, ...strokes: Stroke[]];

/** Height of capitals. */
export const CAPITALS = 7;

/** Part of an ellipse, angles in degrees from the right, counted to the left around. */
function arc(x: number, y: number, rx: number, ry: number, from: number, to: number): number[] {
  const steps = Math.max(Math.ceil(Math.abs(to - from) / 12), 2);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  }).flat();
}

const ring = (x: number, y: number, rx: number, ry: number): number[] => arc(x, y, rx, ry, 0, 360);
const dot = (x: number, y: number): number[] => [x, y, x, y + 0.05];
/** Letters by character. Made only where pictures are: other tools do without. */
function makeShapes(): Readonly<Record<string, Shape>> {
  const bowl = ring(2.2, 2.4, 2.2, 2.4);
  const arch = [0, 0, 0, 4.8, 0, 2.6, ...arc(2, 2.8, 2, 2, 180, 0), 4, 0];
  return {
    A: [5, [0, 0, 2.5, 7, 5, 0], [0.9, 2.4, 4.1, 2.4]],
    B: [
      4.4,
      [
        0,
        3.7,
        ...arc(2.4, 5.35, 1.7, 1.65, -90, 90),
        0,
        7,
        0,
        0,
        ...arc(2.5, 1.85, 1.9, 1.85, -90, 90),
        0,
        3.7,
      ],
    ],
    C: [5, arc(3, 3.5, 3, 3.5, 48, 312)],
    D: [5, [0, 0, 0, 7, ...arc(1.8, 3.5, 3.2, 3.5, 90, -90), 0, 0]],
    E: [4, [4, 7, 0, 7, 0, 0, 4, 0], [0, 3.6, 3.5, 3.6]],
    F: [4, [4, 7, 0, 7, 0, 0], [0, 3.6, 3.5, 3.6]],
    G: [5.4, [...arc(3, 3.5, 3, 3.5, 48, 330), 5.6, 3.2, 3.4, 3.2]],
    H: [5, [0, 0, 0, 7], [5, 0, 5, 7], [0, 3.6, 5, 3.6]],
    I: [0.6, [0.3, 0, 0.3, 7]],
    J: [3.4, [3.4, 7, 3.4, 1.7, ...arc(1.7, 1.7, 1.7, 1.7, 0, -170)]],
    K: [4.6, [0, 0, 0, 7], [4.4, 7, 0, 2.4], [1.5, 4, 4.6, 0]],
    L: [3.8, [0, 7, 0, 0, 3.8, 0]],
    M: [6, [0, 0, 0, 7, 3, 1.6, 6, 7, 6, 0]],
    N: [5, [0, 0, 0, 7, 5, 0, 5, 7]],
    O: [6, ring(3, 3.5, 3, 3.5)],
    P: [4.4, [0, 0, 0, 7, ...arc(2.4, 5.1, 2, 1.9, 90, -90), 0, 3.2]],
    Q: [6, ring(3, 3.5, 3, 3.5), [3.6, 1.8, 5.8, -0.4]],
    R: [4.6, [0, 0, 0, 7, ...arc(2.4, 5.1, 2, 1.9, 90, -90), 0, 3.2], [2.4, 3.2, 4.6, 0]],
    S: [4.4, [...arc(2.3, 5.3, 1.9, 1.7, 35, 270), ...arc(2.2, 1.8, 2.1, 1.8, 90, -150)]],
    T: [5, [0, 7, 5, 7], [2.5, 7, 2.5, 0]],
    U: [5, [0, 7, 0, 2.4, ...arc(2.5, 2.4, 2.5, 2.4, 180, 360), 5, 7]],
    V: [5, [0, 7, 2.5, 0, 5, 7]],
    W: [7, [0, 7, 1.8, 0, 3.5, 6.4, 5.2, 0, 7, 7]],
    X: [4.8, [0, 0, 4.8, 7], [0, 7, 4.8, 0]],
    Y: [5, [0, 7, 2.5, 3.3, 5, 7], [2.5, 3.3, 2.5, 0]],
    Z: [4.6, [0, 7, 4.6, 7, 0, 0, 4.6, 0]],
    a: [4.2, ring(2, 2.4, 2, 2.4), [4, 4.8, 4, 0]],
    b: [4.4, bowl, [0, 7.2, 0, 0]],
    c: [3.8, arc(2.2, 2.4, 2.2, 2.4, 45, 315)],
    d: [4.4, bowl, [4.4, 7.2, 4.4, 0]],
    e: [4.4, [0, 2.6, 4.4, 2.6, ...arc(2.2, 2.4, 2.2, 2.4, 5, 315)]],
    f: [2.6, [...arc(2.4, 5.6, 1.4, 1.6, 70, 180), 1, 0], [0, 4.6, 2.5, 4.6]],
    g: [4.4, bowl, [4.4, 4.8, 4.4, 0, ...arc(2.3, -0.2, 2.1, 1.9, 0, -150)]],
    h: [4, [0, 7.2, 0, 0], arch],
    i: [0.6, [0.3, 4.8, 0.3, 0], dot(0.3, 6.6)],
    j: [1.4, [1, 4.8, 1, -0.6, ...arc(-0.2, -0.6, 1.2, 1.3, 0, -80)], dot(1, 6.6)],
    k: [3.8, [0, 7.2, 0, 0], [3.6, 4.8, 0, 1.7], [1.3, 2.8, 3.8, 0]],
    l: [0.6, [0.3, 7.2, 0.3, 0]],
    m: [
      6.6,
      [0, 0, 0, 4.8, 0, 2.8, ...arc(1.7, 3.1, 1.7, 1.7, 180, 0), 3.4, 0],
      [3.4, 3, ...arc(5, 3.1, 1.6, 1.7, 180, 0), 6.6, 0],
    ],
    n: [4, arch],
    o: [4.4, bowl],
    p: [4.4, bowl, [0, 4.8, 0, -2]],
    q: [4.4, bowl, [4.4, 4.8, 4.4, -2]],
    r: [2.6, [0, 4.8, 0, 0, 0, 2.6, ...arc(2.2, 2.6, 2.2, 2.2, 180, 80)]],
    s: [3.4, [...arc(1.8, 3.6, 1.5, 1.2, 35, 270), ...arc(1.7, 1.2, 1.6, 1.2, 90, -150)]],
    t: [2.6, [1, 6.4, 1, 1.4, ...arc(2.4, 1.4, 1.4, 1.4, 180, 280)], [0, 4.6, 2.5, 4.6]],
    u: [4, [0, 4.8, 0, 2, ...arc(2, 2, 2, 2, 180, 360), 4, 4.8, 4, 0]],
    v: [4, [0, 4.8, 2, 0, 4, 4.8]],
    w: [5.8, [0, 4.8, 1.5, 0, 2.9, 4.4, 4.3, 0, 5.8, 4.8]],
    x: [3.8, [0, 0, 3.8, 4.8], [0, 4.8, 3.8, 0]],
    y: [4, [0, 4.8, 2.1, 0], [4, 4.8, 1.4, -1.6, 0.3, -2]],
    z: [3.6, [0, 4.8, 3.6, 4.8, 0, 0, 3.6, 0]],
    0: [4.4, ring(2.2, 3.5, 2.2, 3.5)],
    1: [4.4, [0.9, 5.6, 2.5, 7, 2.5, 0]],
    2: [4.4, [...arc(2.2, 4.9, 2.1, 2.1, 165, -35), 0.1, 0, 4.4, 0]],
    3: [4.4, [...arc(2.1, 5.3, 1.9, 1.7, 150, -90), ...arc(2.1, 1.85, 2.2, 1.85, 90, -150)]],
    4: [4.4, [3.4, 0, 3.4, 7, 0, 2.1, 4.6, 2.1]],
    5: [4.4, [4, 7, 0.7, 7, 0.4, 3.8, ...arc(2.1, 2.3, 2.3, 2.3, 130, -145)]],
    6: [4.4, ring(2.2, 2.2, 2.2, 2.2), [0.05, 2.6, ...arc(3, 3.4, 2.9, 3.6, 175, 85)]],
    7: [4.4, [0, 7, 4.4, 7, 1.6, 0]],
    8: [4.4, ring(2.2, 5.3, 1.8, 1.7), ring(2.2, 1.85, 2.2, 1.85)],
    9: [4.4, ring(2.2, 4.8, 2.2, 2.2), [4.35, 4.4, ...arc(1.4, 3.6, 2.9, 3.6, -5, -95)]],
    '.': [0.8, dot(0.4, 0.1)],
    ',': [0.8, [0.5, 0.2, 0.1, -1.2]],
    ':': [0.8, dot(0.4, 0.1), dot(0.4, 4.2)],
    ';': [0.8, [0.5, 0.2, 0.1, -1.2], dot(0.4, 4.2)],
    '-': [2.6, [0.2, 2.8, 2.4, 2.8]],
    '–': [4, [0.2, 2.8, 3.8, 2.8]],
    '+': [4.2, [0.2, 3, 4, 3], [2.1, 4.9, 2.1, 1.1]],
    '=': [4.2, [0.2, 3.9, 4, 3.9], [0.2, 2.1, 4, 2.1]],
    '/': [3, [0, -0.6, 3, 7.4]],
    '(': [1.8, arc(2.6, 3, 2.4, 4.6, 120, 240)],
    ')': [1.8, arc(-0.8, 3, 2.4, 4.6, 60, -60)],
    '%': [6.6, ring(1.4, 5.4, 1.4, 1.6), ring(5.2, 1.6, 1.4, 1.6), [1.2, 0, 5.4, 7]],
    '<': [4, [3.8, 5.2, 0.2, 3, 3.8, 0.8]],
    '>': [4, [0.2, 5.2, 3.8, 3, 0.2, 0.8]],
    '·': [0.8, dot(0.4, 2.9)],
    '≤': [4, [3.8, 6, 0.2, 4, 3.8, 2], [0.2, 0.6, 3.8, 0.6]],
    µ: [4, [0, 4.8, 0, -2], [0, 2, ...arc(2, 2, 2, 2, 180, 360), 4, 4.8, 4, 0]],
    _: [4.4, [0, -0.8, 4.4, -0.8]],
    "'": [0.8, [0.4, 7.2, 0.3, 5.4]],
    '"': [2, [0.4, 7.2, 0.3, 5.4], [1.7, 7.2, 1.6, 5.4]],
    '!': [0.8, [0.4, 7.2, 0.4, 2.2], dot(0.4, 0.1)],
    '?': [3.8, [...arc(1.9, 5.3, 1.8, 1.8, 165, -60), 1.9, 3.2, 1.9, 2.2], dot(1.9, 0.1)],
    ' ': [1.4],
  };
}

const SHAPES = /* @__PURE__ */ makeShapes();

/** What stands for a letter that is not here. */
const UNKNOWN: readonly [number, Stroke] = [4, [0, 0, 4, 0, 4, 7, 0, 7, 0, 0]];
const GAP = 1.5;

export function letterOf(character: string): Letter {
  const [width, ...strokes] = SHAPES[character] ?? UNKNOWN;
  return { advance: width + GAP, strokes };
}

/** Width of a text where a capital is `CAPITALS` high. */
export function textWidth(text: string): number {
  const widths = Array.from(text, (character) => letterOf(character).advance);
  return Math.max(widths.reduce((sum, each) => sum + each, 0) - GAP, 0);
}
