import { type Arrow, type Sequence, whichProcess } from './sequence.js';

const LINES: Readonly<Record<Arrow['kind'], string>> = {
  call: '->>',
  reply: '-->>',
  failure: '--x',
};

/** A sequence diagram as Markdown with Mermaid in it, which GitHub, GitLab and editors draw. */
export function mermaid({ participants, arrows, omitted }: Sequence): string {
  const lines = [
    'sequenceDiagram',
    ...participants.map((each, index) => {
      const which = whichProcess(each);
      const name = which === '' ? each.comm : `${each.comm} (${which})`;
      return `  participant p${index + 1} as ${escaped(name)}`;
    }),
    ...arrows.map(({ from, to, kind, label, times }) => {
      const count = times > 1 ? ` ×${times}` : '';
      return `  p${from + 1}${LINES[kind]}p${to + 1}: ${escaped(label)}${count}`;
    }),
    ...(omitted > 0 && participants.length > 0
      ? [`  Note over p1: ${omitted} more calls are not shown`]
      : []),
  ];
  return `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\`\n`;
}

/** Characters that mean something in Mermaid, or in Markdown around it, as its entities. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .replace(/[#;<>`"{}&]/g, (character) => `#${character.codePointAt(0)};`);
}
