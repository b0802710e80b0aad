import type { Drawing, Shape } from './drawing.js';

const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';

/** A drawing as SVG that needs nothing from elsewhere. */
export function renderSvg({ width, height, background, title, shapes }: Drawing): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONT}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${background}"/>`,
    ...shapes.map(element),
    '</svg>',
    '',
  ].join('\n');
}

function element(shape: Shape): string {
  switch (shape.kind) {
    case 'rectangle': {
      const { x, y, width, height, fill } = shape;
      return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${fill}"/>`;
    }
    case 'line': {
      const { x1, y1, x2, y2, stroke, width, dash } = shape;
      const dashes = dash === undefined ? '' : ` stroke-dasharray="${n(dash)}"`;
      return `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${stroke}" stroke-width="${n(width)}"${dashes}/>`;
    }
    case 'text': {
      const { x, y, size, fill, anchor, bold, text } = shape;
      const weight = bold === true ? ' font-weight="600"' : '';
      return `<text x="${n(x)}" y="${n(y)}" font-size="${n(size)}" fill="${fill}" text-anchor="${anchor}"${weight}>${escaped(text)}</text>`;
    }
  }
}

const n = (value: number): string => String(Math.round(value * 100) / 100);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (letter) => ENTITIES[letter] ?? '');
}
