import {
  type Arrow,
  milliseconds,
  type Participant,
  type Sequence,
  whichProcess,
} from './sequence.js';

const LEFT = 90;
const COLUMN = 300;
const HEADER = 64;
const ROW = 30;
const MARGIN = 24;
const BOX = { width: 150, height: 36 };
/** Of the font below, on the safe side: labels are cut to what fits between two lines of life. */
const CHARACTER = 6.7;
const COLOURS: Readonly<Record<Arrow['kind'], string>> = {
  call: '#1f4e79',
  reply: '#5b6770',
  failure: '#b3261e',
};
const STYLE = `text{font:12px "DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#1c1b1f}
.time{fill:#79747e;font-size:11px;text-anchor:end}.who{text-anchor:middle;font-weight:bold}
.pid{text-anchor:middle;fill:#79747e;font-size:11px}.life{stroke:#c4c7c5;stroke-dasharray:4 4}
.box{fill:#eef3f8;stroke:#1f4e79}.label{text-anchor:middle}`;

/** A sequence diagram as a picture. */
export function svg({ participants, arrows, omitted }: Sequence): string {
  const width = LEFT + Math.max(1, participants.length) * COLUMN + MARGIN;
  const bottom = HEADER + MARGIN + arrows.length * ROW;
  const height = bottom + MARGIN + (omitted > 0 ? ROW : 0);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(`Calls between ${participants.map(({ comm }) => comm).join(', ')}`)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs>',
    ...Object.entries(COLOURS).map(
      ([kind, colour]) =>
        `<marker id="${kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="${colour}"/></marker>`,
    ),
    '</defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...participants.flatMap((each, index) => participant(each, centre(index), bottom)),
    ...arrows.flatMap((each, index) => arrow(each, HEADER + MARGIN + index * ROW)),
  ];
  if (omitted > 0) {
    parts.push(`<text x="${LEFT}" y="${bottom + ROW}">${omitted} more calls are not shown</text>`);
  }
  return `${parts.join('\n')}\n</svg>\n`;
}

function centre(index: number): number {
  return LEFT + COLUMN / 2 + index * COLUMN;
}

function participant(of: Participant, x: number, bottom: number): string[] {
  const top = MARGIN / 2;
  const which = whichProcess(of);
  return [
    `<line class="life" x1="${x}" y1="${top + BOX.height}" x2="${x}" y2="${bottom}"/>`,
    `<rect class="box" x="${x - BOX.width / 2}" y="${top}" width="${BOX.width}" height="${BOX.height}" rx="6"/>`,
    `<text class="who" x="${x}" y="${top + (which === '' ? 23 : 16)}">${escaped(of.comm)}</text>`,
    ...(which === '' ? [] : [`<text class="pid" x="${x}" y="${top + 30}">${which}</text>`]),
  ];
}

function arrow({ from, to, kind, label, atNs, times }: Arrow, y: number): string[] {
  const colour = COLOURS[kind];
  const dash = kind === 'call' ? '' : ' stroke-dasharray="5 3"';
  const line = `stroke="${colour}" stroke-width="1.4"${dash} marker-end="url(#${kind})" fill="none"`;
  const start = centre(from);
  const end = centre(to);
  const count = times > 1 ? ` ×${times}` : '';
  const time =
    kind === 'call'
      ? [`<text class="time" x="${LEFT - 8}" y="${y + 4}">+${milliseconds(atNs)}</text>`]
      : [];
  const room = (Math.max(1, Math.abs(to - from)) * COLUMN) / CHARACTER - count.length - 3;
  const text = `${fitted(label, room)}${count}`;
  const middle = from === to ? start + COLUMN / 2 : (start + end) / 2;
  const path =
    from === to
      ? `<path d="M${start} ${y}h40v10h-37" ${line}/>`
      : `<line x1="${start}" y1="${y}" x2="${end + (end > start ? -2 : 2)}" y2="${y}" ${line}/>`;
  return [
    ...time,
    path,
    `<text class="label" x="${middle}" y="${y - 5}" style="fill:${colour}">${escaped(text)}</text>`,
  ];
}

function fitted(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join('')}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/gu, '·')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
