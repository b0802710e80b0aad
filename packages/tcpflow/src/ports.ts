import type { NumberSet } from '@imagesnoop/loader';

const MAX_PORT = 65_535;

/** Both ends count. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `FIRST,LAST`; undefined for what is no range of ports. */
export function parseRange(text: string): PortRange | undefined {
  const [, first, last] = /^\s*(\d{1,5})\s*,\s*(\d{1,5})\s*$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  return range.first <= range.last && range.last <= MAX_PORT ? range : undefined;
}

/** The ports of `-P` and of `-R`; a list of exclusions takes from the range. */
export function portsOf(
  list: NumberSet | undefined,
  range: PortRange | undefined,
): NumberSet | undefined {
  if (range === undefined) return list;
  const { first, last } = range;
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  if (list?.mode === 'exclude') {
    return { mode: 'include', values: new Set(all.filter((port) => !list.values.has(port))) };
  }
  return { mode: 'include', values: new Set([...(list?.values ?? []), ...all]) };
}
