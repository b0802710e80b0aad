/** Reading JSON of others: each member is what it should be, or absent. */

export const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A string that says something. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A positive integer: pids, start times. */
export const count = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;

/** Those members of an object that are strings. */
export const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(object(value)).filter((e): e is [string, string] => typeof e[1] === 'string'),
  );
