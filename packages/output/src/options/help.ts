import { flagName, type Option, type Options } from './option.js';

/** A command line worth copying. */
export interface Example {
  readonly command: string;
  readonly help: string;
}

/** What help tells of a tool. */
export interface ToolHelp {
  readonly name: string;
  /** One sentence, without a full stop. */
  readonly summary: string;
  readonly operands?: Operands;
  readonly examples: readonly Example[];
}

/** What a tool takes beside options. */
export interface Operands {
  readonly name: string;
  readonly help: string;
  readonly min: number;
  readonly max: number;
}

const WIDTH = 80;
const INDENT = 26;

/** The text of `--help`, within 80 columns. */
export function helpText(tool: ToolHelp, table: Options): string {
  const { name, operands } = tool;
  const usage = [name, '[OPTIONS]', operands ? operandUsage(operands) : ''].join(' ').trimEnd();
  const sections = [`${name}: ${tool.summary}`, `Usage: ${usage}`];
  if (operands) sections.push(`  ${operands.name}: ${operands.help}`);
  for (const [group, options] of groups(table)) {
    sections.push([`${group}:`, ...options.map(([key, option]) => entry(key, option))].join('\n'));
  }
  const examples = tool.examples.map(({ command, help }) => `  ${command}\n      ${help}`);
  sections.push(['Examples:', ...examples].join('\n'));
  return `${sections.join('\n\n')}\n`;
}

function operandUsage({ name, min, max }: Operands): string {
  const one = max > 1 ? `${name}...` : name;
  return min === 0 ? `[${one}]` : one;
}

/** Options by heading, the tool's own first. */
export function groups(table: Options): Map<string, [string, Option<unknown>][]> {
  const own: [string, Option<unknown>][] = [];
  const byGroup = new Map([['Options', own]]);
  for (const [key, option] of Object.entries(table)) {
    const group = option.group ?? 'Options';
    byGroup.set(group, [...(byGroup.get(group) ?? []), [key, option]]);
  }
  if (byGroup.get('Options')?.length === 0) byGroup.delete('Options');
  return byGroup;
}

/** `-p, --pid LIST`, with further names behind. */
export function spelling(key: string, option: Option<unknown>): string {
  const aliases = (option.aliases ?? []).map((alias) =>
    alias.length === 1 ? `-${alias}` : `--${alias}`,
  );
  const letters = [
    ...(option.letter ? [`-${option.letter}`] : []),
    ...aliases.filter((a) => a.length === 2),
  ];
  const long = [flagName(key), ...aliases.filter((alias) => alias.length > 2)];
  const { argument, implied } = option;
  const shown = implied === undefined ? argument : `[${argument}]`;
  return `${[...letters, ...long].join(', ')}${shown ? ` ${shown}` : ''}`;
}

function entry(key: string, option: Option<unknown>): string {
  const padded = option.letter ? '' : '    ';
  const left = `  ${padded}${spelling(key, option)}`;
  const shown = option.shownDefault ? `${option.help} (${option.shownDefault})` : option.help;
  const lines = wrap(shown, WIDTH - INDENT).map((line) => ' '.repeat(INDENT) + line);
  const first = lines[0] as string;
  if (left.length > INDENT - 2) return [left, ...lines].join('\n');
  return [left.padEnd(INDENT) + first.trimStart(), ...lines.slice(1)].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
