import { BadValue } from './option.js';

/** The numbers that pass, or those that do not. */
export interface NumberSet {
  readonly mode: 'include' | 'exclude';
  readonly values: ReadonlySet<number>;
}

/** The names that pass, or those that do not. */
export interface NameSet {
  readonly mode: 'include' | 'exclude';
  readonly values: ReadonlySet<string>;
}

/** As many entries as the kernel's filter maps take; a list cannot ask for more. */
const MAX_VALUES = 65_536;

export interface NumberRules {
  readonly min: number;
  readonly max: number;
  /** Finds the number behind a word, such as a user's name; it throws BadValue if there is none. */
  lookUp?(word: string): number;
}

/**
 * Reads `80,8000-8100,!443`: numbers, ranges with both ends included, and `!` before either to
 * leave it out. A list of exclusions only means everything else.
 *
 * @throws BadValue for what is no number, out of bounds, empty, or more than 65,536 values
 */
export function parseNumbers(list: string, rules: NumberRules): NumberSet {
  const included = new Set<number>();
  const excluded = new Set<number>();
  for (const item of list.split(',')) {
    const word = item.trim();
    const negated = word.startsWith('!');
    const [first, last] = range(negated ? word.slice(1) : word, rules);
    const into = negated ? excluded : included;
    for (let value = first; value <= last; value++) into.add(value);
    if (into.size > MAX_VALUES) tooMany();
  }
  return combine(included, excluded);
}

/** Names, each with an optional `!`. */
export function parseNames(given: readonly string[]): NameSet {
  const included = new Set<string>();
  const excluded = new Set<string>();
  for (const item of given) {
    const name = item.startsWith('!') ? item.slice(1) : item;
    if (name === '') throw new BadValue('a name is empty');
    (item.startsWith('!') ? excluded : included).add(name);
  }
  return combine(included, excluded);
}

function combine<Value>(included: Set<Value>, excluded: Set<Value>) {
  if (included.size === 0) return { mode: 'exclude', values: excluded } as const;
  for (const value of excluded) included.delete(value);
  if (included.size === 0) throw new BadValue('the exclusions leave nothing');
  return { mode: 'include', values: included } as const;
}

function range(word: string, rules: NumberRules): readonly [number, number] {
  const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(word);
  if (!match) {
    if (!rules.lookUp || word === '') throw new BadValue();
    const value = rules.lookUp(word);
    return [value, value];
  }
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (first < rules.min || last > rules.max) throw new BadValue();
  if (last < first) throw new BadValue(`the range ${word} ends before it begins`);
  if (last - first >= MAX_VALUES) tooMany();
  return [first, last];
}

function tooMany(): never {
  throw new BadValue(`a list may name at most ${MAX_VALUES} values`);
}
