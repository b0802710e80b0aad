import type { Candidates } from './candidates.js';

/** Bits by which a method gains for each other in use of its family, or service, and at most. */
const FAMILY = { each: 6, most: 18 };
const SERVICE = { each: 3, most: 8 };
/** How sure one may be that a method is taken. */
const MOST_CERTAIN = 0.999;
/** Shares below are nothing to anybody else. */
const NEGLIGIBLE = 0.01;
const ROUNDS = 4;

/** One unknown method: what its calls say so far. Arrays are by candidate. */
export interface Row {
  /** In bits. */
  evidence: Float64Array;
  /** What something else is called already. */
  excluded: ReadonlySet<number>;
  /** What all else on the connection says, in bits; made by `assign()`. */
  context: Float64Array;
  /** How likely each candidate is; made by `assign()`. */
  posterior: Float64Array;
}

/**
 * How likely each candidate is for each of the unknown methods of one connection, given that no two
 * of them are the same and that a connection mostly uses methods of one kind.
 *
 * @param used by group of candidates: how many methods of it are known from the wire
 */
export function assign(rows: readonly Row[], candidates: Candidates, used: Float64Array): void {
  for (const row of rows) row.posterior.fill(0);
  for (let round = 0; round < ROUNDS; round++) {
    const total = new Shares(candidates);
    total.groups.set(used);
    for (const row of rows) total.add(row.posterior);
    for (const row of rows) contextOf(row, candidates, total);
    for (const row of rows) row.posterior = posteriorOf(row, null);
  }
}

/** What is taken by some of the unknown methods. */
class Shares {
  /** By candidate: bits by which it is less likely for the others. */
  readonly taken: Float64Array;
  /** By group: how many methods of it. */
  readonly groups: Float64Array;
  #candidates: Candidates;

  constructor(candidates: Candidates) {
    this.#candidates = candidates;
    this.taken = new Float64Array(candidates.list.length);
    this.groups = new Float64Array(candidates.groups);
  }

  add(posterior: Float64Array): void {
    for (const { index, family, service } of this.#candidates.list) {
      const share = posterior[index] as number;
      if (share < NEGLIGIBLE) continue;
      (this.taken[index] as number) += Math.log2(1 - share * MOST_CERTAIN);
      (this.groups[family] as number) += share;
      (this.groups[service] as number) += share;
    }
  }
}

function contextOf(row: Row, candidates: Candidates, total: Shares): void {
  const own = new Shares(candidates);
  own.add(row.posterior);
  const others = (group: number) => (total.groups[group] as number) - (own.groups[group] as number);
  for (const { index, family, service, handicap } of candidates.list) {
    row.context[index] =
      Math.min(FAMILY.most, FAMILY.each * others(family)) +
      Math.min(SERVICE.most, SERVICE.each * others(service)) +
      (total.taken[index] as number) -
      (own.taken[index] as number) -
      handicap;
  }
}

/** How likely each candidate is, with the evidence of a call that is not counted yet. */
export function posteriorOf(row: Row, more: Float64Array | null): Float64Array {
  const { evidence, context, excluded } = row;
  const likely = new Float64Array(evidence.length);
  let best = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < likely.length; index++) {
    const bits = excluded.has(index)
      ? Number.NEGATIVE_INFINITY
      : (evidence[index] as number) + (context[index] as number) + (more?.[index] ?? 0);
    likely[index] = bits;
    if (bits > best) best = bits;
  }
  if (best === Number.NEGATIVE_INFINITY) return likely.fill(0);
  let total = 0;
  for (let index = 0; index < likely.length; index++) {
    const weight = 2 ** ((likely[index] as number) - best);
    likely[index] = weight;
    total += weight;
  }
  for (let index = 0; index < likely.length; index++) (likely[index] as number) /= total;
  return likely;
}
