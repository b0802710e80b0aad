// Which struct do the records of a ring buffer hold? The kernel does not know; the object's BTF may.
import type { BpfMap, BpfObject, StructLayout } from '@imagesnoop/bpf-core';
import { UsageError } from '../errors.js';

/** Chooses the struct of a record by its length; undefined: unknown, to be shown in hex. */
export type Guess = (length: number) => StructLayout | undefined;

/** Structs of an object, as bpf-core finds them by name. */
export type StructSource = Pick<BpfObject, 'struct'>;

/**
 * The struct forced by name; else the value type that the map declares; else one of the object's
 * structs, see `pick()`.
 *
 * @param names what structs may be called, see `namesIn()`
 * @throws UsageError `STRUCT_UNKNOWN` if the struct asked for is not in the object
 */
export function guessStruct(
  object: StructSource,
  map: Pick<BpfMap, 'types'>,
  names: readonly string[],
  forced: string | undefined,
): Guess {
  const structs = names.flatMap((name) => object.struct(name) ?? []);
  if (forced !== undefined) {
    const struct = object.struct(forced);
    if (struct !== undefined) return () => struct;
    throw new UsageError('STRUCT_UNKNOWN', `--struct: the object has no struct ${forced}`, {
      hint: `It has: ${listed(structs)}.`,
    });
  }
  const declared = map.types()?.value;
  if (declared?.kind === 'struct')
    return () => ({ ...declared, name: declared.type }) as StructLayout;
  const known = new Map<number, StructLayout | undefined>();
  return (length) => {
    if (!known.has(length)) known.set(length, pick(structs, length));
    return known.get(length);
  };
}

/** Every word of an object file that ends with a NUL; the names of its BTF are among them. */
export function namesIn(source: Uint8Array): string[] {
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('latin1');
  return [...new Set(text.match(/[A-Za-z_]\w{0,127}(?=\0)/g))];
}

/**
 * The struct that a record of this length most plausibly is: one called an event that is as long,
 * or that ends with a flexible array or a cut one; else the only other struct that is as long.
 */
export function pick(structs: readonly StructLayout[], length: number): StructLayout | undefined {
  const events = structs.filter(({ name }) => EVENT.test(name)).sort((a, b) => b.size - a.size);
  const exact = (each: StructLayout): boolean => each.size === length;
  const best =
    events.find(exact) ??
    events.find((each) => each.size <= length && lastArray(each)?.count === 0) ??
    events.find((each) => each.size > length && (lastArray(each)?.offset ?? length) < length);
  if (best !== undefined) return best;
  const others = structs.filter(exact);
  return others.length === 1 ? others[0] : undefined;
}

const MAX_LISTED = 20;

/** What people call their records; the kernel's own structs of such names are contexts. */
const EVENT = /^(?!trace_|perf_|bpf_).*?(^|_)(event|evt|record|sample|data)s?(_|$)/;

function listed(structs: readonly StructLayout[]): string {
  const names = structs
    .map(({ name }) => name)
    .sort((a, b) => Number(EVENT.test(b)) - Number(EVENT.test(a)));
  const rest = names.length - MAX_LISTED;
  const shown = names.slice(0, MAX_LISTED).join(', ') || 'none';
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function lastArray({ fields }: StructLayout) {
  const last = fields.at(-1);
  return last?.kind === 'array' ? last : undefined;
}
