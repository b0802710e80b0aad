import { UsageError } from '../errors.js';
import { nearest } from '../nearest.js';
import { BadValue, flagName, type Option, type Options, type Values } from './option.js';

/** A command line, understood. */
export interface CommandLine<Table extends Options> {
  readonly values: Values<Table>;
  /** What is no option. */
  readonly operands: readonly string[];
}

/**
 * Reads a command line by a table of options, as getopt_long(3) does: `-abc`, `-fPATH`, `-f PATH`,
 * `--file PATH`, `--file=PATH`, and `--` before operands.
 *
 * This is not yargs, whose start costs 50 ms of the 150 that a tool has until it is attached (its
 * bare parser: 6 ms); yargs still makes the shell completion.
 *
 * @throws UsageError USAGE_UNKNOWN_OPTION, USAGE_VALUE_MISSING, USAGE_VALUE_UNWANTED, USAGE_BAD_VALUE
 */
export function parseArguments<Table extends Options>(
  table: Table,
  argv: readonly string[],
): CommandLine<Table> {
  const names = namesOf(table);
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  const add = (key: string, value: string) => given.set(key, [...(given.get(key) ?? []), value]);

  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    /** The word behind an option that needs a value. */
    const next = (name: string): string => {
      const value = argv[++i];
      if (value === undefined || names.has(value)) {
        const expected = (table[names.get(name) as string] as Option<unknown>).expected;
        throw new UsageError(
          'USAGE_VALUE_MISSING',
          `${name} needs a value`,
          `${name} takes ${expected ?? 'a value'}`,
        );
      }
      return value;
    };
    if (word === '--') {
      operands.push(...argv.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) {
      const [name = '', value] = splitOnce(word, '=');
      const key = names.get(name) ?? unknown(name, names);
      if ((table[key] as Option<unknown>).argument !== undefined) add(key, value ?? next(name));
      else if (value === undefined) add(key, '');
      else throw new UsageError('USAGE_VALUE_UNWANTED', `${name} takes no value`, `write ${name}`);
    } else if (word.startsWith('-') && word.length > 1) {
      for (let at = 1; at < word.length; at++) {
        const name = `-${word[at]}`;
        const key = names.get(name) ?? unknown(at === 1 ? word : name, names);
        if ((table[key] as Option<unknown>).argument === undefined) {
          add(key, '');
          continue;
        }
        const rest = word.slice(at + 1);
        add(key, rest === '' ? next(name) : rest);
        break;
      }
    } else {
      operands.push(word);
    }
  }
  return { values: readValues(table, given), operands };
}

function readValues<Table extends Options>(
  table: Table,
  given: ReadonlyMap<string, readonly string[]>,
): Values<Table> {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(table)) {
    const texts = given.get(key);
    values[key] = texts === undefined ? option.absent : readValue(flagName(key), option, texts);
  }
  return values as Values<Table>;
}

function readValue(name: string, option: Option<unknown>, texts: readonly string[]): unknown {
  const received = texts.map((value) => `'${value}'`).join(', ');
  const expected = option.expected ?? 'a value';
  try {
    if (option.argument !== undefined && texts.includes('')) throw new BadValue('it is empty');
    return option.parse(texts);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const why = error.message ? ` (${error.message})` : '';
    throw new UsageError(
      'USAGE_BAD_VALUE',
      `${name} takes ${expected}; received ${received}${why}`,
      'see --help',
    );
  }
}

/** Every spelling of every option, to its key. */
function namesOf(table: Options): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [key, option] of Object.entries(table)) {
    names.set(flagName(key), key);
    if (option.letter !== undefined) names.set(`-${option.letter}`, key);
    for (const alias of option.aliases ?? []) {
      names.set(alias.length === 1 ? `-${alias}` : `--${alias}`, key);
    }
  }
  return names;
}

function unknown(name: string, names: ReadonlyMap<string, string>): never {
  const long = [...names.keys()].filter((known) => known.length > 2);
  const near = nearest(name.replace(/^-(?=[^-])/, '--'), long);
  throw new UsageError(
    'USAGE_UNKNOWN_OPTION',
    `unknown option ${name}`,
    near === undefined ? 'see --help' : `did you mean ${near}?`,
  );
}

function splitOnce(text: string, divider: string): readonly string[] {
  const at = text.indexOf(divider);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
