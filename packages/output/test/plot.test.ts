import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Distribution, plotHistogram, renderPng, renderSvg } from '../src/index.js';
import { letterOf } from '../src/plot/letters.js';

const words = {
  title: 'Durations of <sessions> & more',
  counted: 'sessions',
  measured: 'duration',
  text: (value: number) => `${value.toPrecision(2)} ns`,
};

function histogram(values: readonly number[]) {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return plotHistogram(distribution, words);
}

/** Size and pixels of a PNG, its checksums left aside. */
function decode(png: Buffer) {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    chunks.set(name, png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const header = chunks.get('IHDR') as Buffer;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const rows = inflateSync(chunks.get('IDAT') as Buffer);
  expect(rows.length).toBe(height * (width * 3 + 1));
  const pixel = (x: number, y: number) => {
    const at = y * (width * 3 + 1) + 1 + x * 3;
    return rows.toString('hex', at, at + 3);
  };
  return { width, height, pixel };
}

describe('a histogram as a picture', () => {
  it('has a bar per used bin, and the counts', () => {
    const { shapes } = histogram([10, 10, 10, 200, 5e6]);
    const bars = shapes.filter(({ kind }) => kind === 'rectangle');
    expect(bars).toHaveLength(3);
    const texts = shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));
    expect(texts).toContain('5 sessions · min 10 ns · median 10 ns · max 5.0e+6 ns');
    expect(texts.filter((text) => /^p\d+ /.test(text))).toHaveLength(3);
  });

  it('is inside of its frame, whatever the values are', () => {
    for (const values of [[], [0], [1e18], [5, 5e17], Array(5000).fill(77)]) {
      const { width, height, shapes } = histogram(values);
      for (const shape of shapes) {
        if (shape.kind === 'line') {
          for (const x of [shape.x1, shape.x2]) expect(x >= 0 && x <= width).toBe(true);
          for (const y of [shape.y1, shape.y2]) expect(y >= 0 && y <= height).toBe(true);
        } else {
          expect(shape.x >= 0 && shape.x <= width && shape.y >= 0 && shape.y <= height).toBe(true);
        }
      }
    }
  });

  it('is SVG with its texts escaped', () => {
    const svg = renderSvg(histogram([10, 200]));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="860"/);
    expect(svg).toContain('<title>Durations of &lt;sessions&gt; &amp; more</title>');
    expect(svg).not.toContain('NaN');
  });

  it('is PNG with the same shapes, twice as large', () => {
    const drawing = histogram([10, 10, 10, 200]);
    const { width, height, pixel } = decode(renderPng(drawing));
    expect([width, height]).toEqual([drawing.width * 2, drawing.height * 2]);
    expect(pixel(0, 0)).toBe('ffffff');
    for (const shape of drawing.shapes) {
      if (shape.kind !== 'rectangle') continue;
      const [x, y] = [shape.x + shape.width / 2, shape.y + shape.height / 2];
      // A mark may stand over a bar's middle.
      expect([shape.fill.slice(1), 'c2410c']).toContain(
        pixel(Math.round(x * 2), Math.round(y * 2)),
      );
    }
  });

  it('has every letter that people write in titles', () => {
    const unknown = letterOf('☃').strokes;
    const usual =
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;-–+=/()%<>·µ_\'"!?';
    for (const character of usual) expect(letterOf(character).strokes).not.toBe(unknown);
  });
});
