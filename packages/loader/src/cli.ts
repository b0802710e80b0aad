import { parseArgs } from 'node:util';
import { UsageError } from './errors.js';

/** One option of a command; drives the parser and the help. */
export interface Option {
  readonly flag: string;
  readonly letter?: string;
  /** Name of the argument in the help; an option without one is a switch. */
  readonly argument?: string;
  readonly description: string;
}

export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** @throws UsageError `USAGE` with the nearest known flag */
export function parse(
  args: readonly string[],
  options: readonly Option[],
): { values: Values; positionals: string[] } {
  const config = Object.fromEntries(
    options.map(({ flag, letter, argument }) => [
      flag,
      {
        type: argument === undefined ? ('boolean' as const) : ('string' as const),
        ...(letter === undefined ? {} : { short: letter }),
      },
    ]),
  );
  try {
    const parsed = parseArgs({ args: [...args], options: config, allowPositionals: true });
    return { values: parsed.values as Values, positionals: parsed.positionals };
  } catch (error) {
    const message = (error as Error).message.split('. ', 1)[0] as string;
    const wrong = /'(--?[\w-]+)/.exec(message)?.[1] ?? '';
    const near = nearest(
      wrong,
      options.map(({ flag }) => `--${flag}`),
    );
    throw new UsageError('USAGE', message, {
      hint: near === undefined ? 'See --help.' : `Did you mean ${near}?`,
    });
  }
}

/** The lines of the help that list options. */
export function optionHelp(options: readonly Option[]): string {
  const left = options.map(({ flag, letter, argument }) => {
    const short = letter === undefined ? '    ' : `-${letter}, `;
    return `  ${short}--${flag}${argument === undefined ? '' : ` ${argument}`}`;
  });
  const width = Math.max(...left.map(({ length }) => length)) + 2;
  return options
    .map(({ description }, index) => `${(left[index] as string).padEnd(width)}${description}\n`)
    .join('');
}

/** @throws UsageError `USAGE` unless the text is a number greater than 0 */
export function positiveNumber(flag: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError('USAGE', `--${flag}: expected a number of seconds above 0, got '${text}'`);
}

/** The candidate that differs in the fewest letters, if it is not an altogether other word. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.ceil(word.length / 2));
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance <= least) {
      best = candidate;
      least = distance - 1;
    }
  }
  return best;
}

/** Levenshtein's distance, a row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] as number) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
