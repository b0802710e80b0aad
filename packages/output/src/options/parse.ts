import { type ParseArgsConfig, parseArgs } from 'node:util';
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
 * Node's own parser does it: yargs' start costs 50 ms of the 150 that a tool has until it is
 * attached. What Node accepts and we do not is refused here, so that messages are ours.
 *
 * @throws UsageError USAGE_UNKNOWN_OPTION, USAGE_VALUE_MISSING, USAGE_VALUE_UNWANTED, USAGE_BAD_VALUE
 */
export function parseArguments<Table extends Options>(
  table: Table,
  argv: readonly string[],
): CommandLine<Table> {
  const names = namesOf(table);
  const { tokens, positionals } = parseArgs({
    args: withImplied(argv, table, names),
    options: nodeOptions(table, names),
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { rawName: name, value } = token;
    const key = names.get(name) ?? unknown(asWritten(name, argv[token.index]), names);
    const { argument, expected = 'a value' } = table[key] as Option<unknown>;
    if (argument === undefined && value !== undefined) {
      throw new UsageError('USAGE_VALUE_UNWANTED', `${name} takes no value`, `write ${name}`);
    }
    if (argument !== undefined && (value === undefined || isOption(token, names))) {
      const hint = `${name} takes ${expected}`;
      throw new UsageError('USAGE_VALUE_MISSING', `${name} needs a value`, hint);
    }
    given.set(key, [...(given.get(key) ?? []), value ?? '']);
  }
  return { values: readValues(table, given), operands: positionals };
}

/** Writes out the values that may be left out, of long options before another option or the end. */
function withImplied(
  argv: readonly string[],
  table: Options,
  names: ReadonlyMap<string, string>,
): string[] {
  return argv.map((word, i) => {
    const { implied } = table[names.get(word) ?? ''] ?? {};
    const next = argv[i + 1] ?? '--';
    return implied !== undefined && word.startsWith('--') && next.startsWith('-') && next !== '-'
      ? `${word}=${implied}`
      : word;
  });
}

/** The table as parseArgs takes it: one entry per spelling, all of them texts or switches. */
function nodeOptions(
  table: Options,
  names: ReadonlyMap<string, string>,
): NonNullable<ParseArgsConfig['options']> {
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, key] of names) {
    const type = (table[key] as Option<unknown>).argument === undefined ? 'boolean' : 'string';
    if (name.startsWith('--')) config[name.slice(2)] = { type, multiple: true };
    else config[`letter ${name}`] = { type, multiple: true, short: name.slice(1) };
  }
  return config;
}

/** Did parseArgs take the next option for a value? */
function isOption(
  { value, inlineValue }: { value?: string | undefined; inlineValue?: boolean | undefined },
  names: ReadonlyMap<string, string>,
): boolean {
  return inlineValue !== true && value !== undefined && names.has(value);
}

/** A long option with one dash is parsed letter by letter; the word says what was meant. */
function asWritten(name: string, word = ''): string {
  return word.startsWith(name) && !word.startsWith('--') ? word : name;
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
