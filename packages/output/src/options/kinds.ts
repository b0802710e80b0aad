import { type CidrSet, parseCidrs } from './cidr.js';
import { type NameSet, type NumberSet, parseNames, parseNumbers } from './lists.js';
import { BadValue, type Common, lastOf, type Option } from './option.js';
import { formatSize, parseDuration, parseSize } from './quantities.js';
import { userId } from './users.js';

/** A switch: given or not. */
export function flag(common: Common): Option<boolean> {
  return { ...common, absent: false, parse: () => true };
}

/** Any text that is not empty, such as a path. */
export function text(common: Common): Option<string | undefined> {
  return { argument: 'TEXT', ...common, absent: undefined, parse: lastOf };
}

/** Texts, one per occurrence. */
export function texts(common: Common): Option<readonly string[]> {
  return { argument: 'TEXT', ...common, absent: [], parse: (given) => given };
}

/** Texts divided by commas, repeatable. */
export function list(common: Common): Option<readonly string[]> {
  return {
    argument: 'LIST',
    ...common,
    absent: [],
    parse: (given) => given.flatMap((item) => item.split(',')).filter((item) => item !== ''),
  };
}

/** A regular expression, as JavaScript has them. */
export function regex(common: Common): Option<RegExp | undefined> {
  return {
    argument: 'RE',
    ...common,
    expected: 'a regular expression',
    absent: undefined,
    parse(given) {
      try {
        return new RegExp(lastOf(given), 'u');
      } catch (error) {
        throw new BadValue((error as Error).message);
      }
    },
  };
}

/** A text in a form of the tool's own; `parse` returns undefined for what it does not take. */
export function special<Value>(
  common: Common & { expected: string; parse(text: string): Value | undefined },
): Option<Value | undefined> {
  return {
    argument: 'TEXT',
    ...common,
    absent: undefined,
    parse(given) {
      const value = common.parse(lastOf(given));
      if (value === undefined) throw new BadValue();
      return value;
    },
  };
}

/** A whole number between bounds. */
export function count(
  common: Common & { min: number; max: number; unit?: string },
): Option<number | undefined> {
  const { min, max, unit, ...rest } = common;
  return {
    argument: 'N',
    ...rest,
    expected: `a whole number from ${min} to ${max}${unit ? ` ${unit}` : ''}`,
    absent: undefined,
    parse(given) {
      const received = lastOf(given);
      const value = Number(received);
      if (!/^[0-9]+$/.test(received) || value < min || value > max) throw new BadValue();
      return value;
    },
  };
}

/** One of a few words. */
export function oneOf<Word extends string>(
  common: Common & { choices: readonly Word[] },
): Option<Word | undefined> {
  return {
    argument: common.choices.join('|'),
    ...common,
    expected: `one of ${common.choices.join(', ')}`,
    absent: undefined,
    parse(given) {
      const received = lastOf(given);
      if (!(common.choices as readonly string[]).includes(received)) throw new BadValue();
      return received as Word;
    },
  };
}

/** Numbers with ranges and exclusions, `80,8000-8100,!443`, repeatable. */
export function numbers(
  common: Common & { min: number; max: number },
): Option<NumberSet | undefined> {
  const { min, max, ...rest } = common;
  return {
    argument: 'LIST',
    ...rest,
    expected: `numbers from ${min} to ${max}, as in 80,8000-8100,!443`,
    absent: undefined,
    parse: (given) => parseNumbers(given.join(','), { min, max }),
  };
}

/** User ids, or names from /etc/passwd, with `!` to exclude. */
export function users(common: Common): Option<NumberSet | undefined> {
  return {
    argument: 'LIST',
    ...common,
    expected: 'user ids or names, as in 0,1000-1999,alice,!bob',
    absent: undefined,
    parse: (given) => parseNumbers(given.join(','), { min: 0, max: 0xffff_fffe, lookUp: userId }),
  };
}

/** Names, one per occurrence, with `!` to exclude. */
export function names(common: Common): Option<NameSet | undefined> {
  return {
    argument: 'NAME',
    ...common,
    expected: 'names, as in curl or !curl',
    absent: undefined,
    parse: parseNames,
  };
}

/** Networks, `10.0.0.0/8,2001:db8::/32,!10.1.0.0/16`. */
export function networks(common: Common): Option<CidrSet | undefined> {
  return {
    argument: 'LIST',
    ...common,
    expected: 'networks, as in 10.0.0.0/8,2001:db8::/32,!10.1.0.0/16',
    absent: undefined,
    parse: (given) => parseCidrs(given.join(',')),
  };
}

/** Bytes, with a suffix K, M or G of 1024. */
export function size(common: Common & { min: number; max: number }): Option<number | undefined> {
  const { min, max, ...rest } = common;
  return {
    argument: 'SIZE',
    ...rest,
    expected: `a size from ${formatSize(min)} to ${formatSize(max)}, as in 512K or 16M`,
    absent: undefined,
    parse(given) {
      const bytes = parseSize(lastOf(given));
      if (bytes === undefined || bytes < min || bytes > max) throw new BadValue();
      return bytes;
    },
  };
}

/** A time span in milliseconds; without a unit, seconds. */
export function duration(
  common: Common & { minMs: number; maxMs: number },
): Option<number | undefined> {
  const { minMs, maxMs, ...rest } = common;
  return {
    argument: 'TIME',
    ...rest,
    expected: `a time from ${minMs / 1000} s to ${maxMs / 86_400_000} days, as in 10, 2.5, 500ms, 5m or 1h`,
    absent: undefined,
    parse(given) {
      const ms = parseDuration(lastOf(given));
      if (ms === undefined || ms < minMs || ms > maxMs) throw new BadValue();
      return ms;
    },
  };
}
