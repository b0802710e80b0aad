import type { Candidate } from './candidates.js';

/** Bits by which a method gains when others of its family are in use on the connection, each and at most. */
const FAMILY = { each: 6, most: 18 };
const SERVICE = { each: 3, most: 8 };
/** How sure one may be that a method is taken. */
const MOST_CERTAIN = 0.999;
const ROUNDS = 4;

/** One unknown method: what its calls say so far. */
export interface Row {
  /** By candidate, in bits. */
  evidence: Float64Array;
  /** By candidate: whether something else has that name already. */
  excluded: ReadonlySet<number>;
  /** By candidate, what everything else on the connection says; made by `assign()`. */
  context: Float64Array;
  /** How likely each candidate is; made by `assign()`. */
  posterior: Float64Array;
}

/**
 * How likely each candidate is for each of the unknown methods of one connection, given that no two
 * of them are the same and that a connection mostly uses methods of one kind.
 *
 * @param used how many methods of each family and service are known from the wire
 */
export function assign(
  rows: readonly Row[],
  candidates: readonly Candidate[],
  used: ReadonlyMap<string, number>,
): void {
  for (const row of rows) {
    row.context.fill(0);
    row.posterior.fill(0);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const taken = new Float64Array(candidates.length);
    const mass = new Map(used);
    for (const { posterior } of rows) {
      for (const { index, family, service } of candidates) {
        const share = posterior[index] as number;
        if (share < 0.01) continue;
        (taken[index] as number) += Math.log2(1 - share * MOST_CERTAIN);
        mass.set(family, (mass.get(family) ?? 0) + share);
        mass.set(service, (mass.get(service) ?? 0) + share);
      }
    }
    for (const row of rows) contextOf(row, candidates, taken, mass);
    for (const row of rows) row.posterior = posteriorOf(row, null);
  }
}

function contextOf(
  row: Row,
  candidates: readonly Candidate[],
  taken: Float64Array,
  mass: ReadonlyMap<string, number>,
): void {
  const own = new Map<string, number>();
  for (const { index, family, service } of candidates) {
    const share = row.posterior[index] as number;
    if (share < 0.01) continue;
    own.set(family, (own.get(family) ?? 0) + share);
    own.set(service, (own.get(service) ?? 0) + share);
  }
  const others = (group: string) => (mass.get(group) ?? 0) - (own.get(group) ?? 0);
  for (const { index, family, service, handicap } of candidates) {
    const share = row.posterior[index] as number;
    const ownTaken = share < 0.01 ? 0 : Math.log2(1 - share * MOST_CERTAIN);
    row.context[index] =
      Math.min(FAMILY.most, FAMILY.each * others(family)) +
      Math.min(SERVICE.most, SERVICE.each * others(service)) +
      (taken[index] as number) -
      ownTaken -
      handicap;
  }
}

/** How likely each candidate is, with the evidence of a call that is not counted yet. */
export function posteriorOf(row: Row, more: Float64Array | null): Float64Array {
  const { evidence, context, excluded } = row;
  const bits = new Float64Array(evidence.length);
  let best = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < bits.length; index++) {
    const sum = excluded.has(index)
      ? Number.NEGATIVE_INFINITY
      : (evidence[index] as number) + (context[index] as number) + (more?.[index] ?? 0);
    bits[index] = sum;
    if (sum > best) best = sum;
  }
  if (best === Number.NEGATIVE_INFINITY) return bits.fill(0);
  let total = 0;
  for (let index = 0; index < bits.length; index++) {
    const weight = 2 ** ((bits[index] as number) - best);
    bits[index] = weight;
    total += weight;
  }
  for (let index = 0; index < bits.length; index++) (bits[index] as number) /= total;
  return bits;
}
