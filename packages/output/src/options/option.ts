/** One flag of a command line; a table of them drives the parser, help, completion and READMEs. */
export interface Option<Value> {
  /** One-letter name, without the dash. */
  readonly letter?: string;
  /** Further names: letters (`P`) or long ones (`timeout`). */
  readonly aliases?: readonly string[];
  /** What stands for the value in help, e.g. LIST. Absent: the option is a flag. */
  readonly argument?: string;
  readonly help: string;
  /** Which values are taken, as help and error messages say it. */
  readonly expected?: string;
  /** The default as help shows it. */
  readonly shownDefault?: string;
  /** The values there are, for completion. */
  readonly choices?: readonly string[];
  /** The value of an option that is given without one: its argument may be left out. */
  readonly implied?: string;
  /** Heading in help; options of the tool itself have none. */
  readonly group?: string;
  /** The value when the option is not given. */
  readonly absent: Value;
  /** Makes the value from what was given, one text per occurrence; throws BadValue. */
  parse(given: readonly string[]): Value;
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds options of all value types
export type Options = Readonly<Record<string, Option<any>>>;

/** The values that a table of options yields. */
export type Values<Table extends Options> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer Value> ? Value : never;
};

/** Thrown by `parse`; the parser adds the flag's name and what it expects. */
export class BadValue extends Error {}

/** What every kind of option takes beside its help. */
export interface Common {
  letter?: string;
  aliases?: readonly string[];
  argument?: string;
  group?: string;
  help: string;
}

/** The flag behind a key of the table: `maxEvents` is `--max-events`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The last of the values given: a later flag overrides an earlier one. */
export function lastOf(given: readonly string[]): string {
  return given[given.length - 1] as string;
}
