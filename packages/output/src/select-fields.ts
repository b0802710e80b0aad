import { UsageError } from './errors.js';
import type { Field } from './field.js';
import { nearest } from './nearest.js';

/**
 * Applies `--fields`: plain names replace the usual choice, in the order given; `+name` adds to it
 * and `-name` takes away.
 *
 * @param all every field of the tool
 * @param usual those shown when nothing is said
 * @throws UsageError USAGE_UNKNOWN_FIELD, USAGE_NO_FIELD_LEFT
 */
export function selectFields<Row>(
  all: readonly Field<Row>[],
  usual: readonly Field<Row>[],
  spec: readonly string[],
): readonly Field<Row>[] {
  const find = (name: string) => {
    const found = all.find((field) => field.name === name);
    if (found) return found;
    const names = all.map((field) => field.name);
    const near = nearest(name, names);
    throw new UsageError(
      'USAGE_UNKNOWN_FIELD',
      `--fields: there is no field '${name}'`,
      `${near ? `did you mean '${near}'? ` : ''}fields: ${names.join(', ')}`,
    );
  };
  const plain = spec.filter((item) => !/^[+-]/.test(item)).map(find);
  const chosen = new Set(plain.length > 0 ? plain : usual);
  for (const item of spec) {
    if (item.startsWith('+')) chosen.add(find(item.slice(1)));
    if (item.startsWith('-')) chosen.delete(find(item.slice(1)));
  }
  if (chosen.size === 0) {
    throw new UsageError(
      'USAGE_NO_FIELD_LEFT',
      '--fields takes every field away',
      'leave at least one field to show',
    );
  }
  return [...chosen];
}
