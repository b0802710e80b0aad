import type { Candidate, Candidates } from './candidates.js';

/** Bits by which a method gains for each other in use of its family, or service, and at most. */
const FAMILY = { each: 6, most: 18 };
const SERVICE = { each: 3, most: 8 };
/** How sure one may be that a method is taken. */
const MOST_CERTAIN = 0.999;
/** Shares below are nothing to anybody else. */
const NEGLIGIBLE = 0.01;
const ROUNDS = 4;

/** One unknown method: what its calls say so far. Arrays are by candidate. */
export interface Row extends Lifetime {
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
 * of them that were in the table at the same time are the same, and that a connection mostly uses
 * methods of one kind.
 *
 * @param used by group of candidates: how many methods of it are known from the wire
 */
export function assign(rows: readonly Row[], candidates: Candidates, used: Float64Array): void {
  for (const row of rows) row.posterior.fill(0);
  for (let round = 0; round < ROUNDS; round++) {
    const claims = rows.map((row) => claimsOf(row, candidates));
    const groups = used.slice();
    for (const each of claims) addTo(groups, each, 1);
    for (const [index, row] of rows.entries()) {
      const own = claims[index] as Claim[];
      addTo(groups, own, -1);
      contextOf(row, candidates, groups, takenFrom(row, rows, claims));
      addTo(groups, own, 1);
    }
    for (const row of rows) row.posterior = posteriorOf(row, null);
  }
}

/** A candidate that one of the unknown methods is not unlikely to be. */
interface Claim {
  readonly candidate: Candidate;
  readonly share: number;
}

function claimsOf({ posterior }: Row, { list }: Candidates): Claim[] {
  const claims: Claim[] = [];
  for (const candidate of list) {
    const share = posterior[candidate.index] as number;
    if (share >= NEGLIGIBLE) claims.push({ candidate, share });
  }
  return claims;
}

function addTo(groups: Float64Array, claims: readonly Claim[], sign: 1 | -1): void {
  for (const { candidate, share } of claims) {
    (groups[candidate.family] as number) += sign * share;
    (groups[candidate.service] as number) += sign * share;
  }
}

/** By candidate: bits by which it is less likely for this one, since others have it. */
function takenFrom(
  row: Row,
  rows: readonly Row[],
  claims: readonly (readonly Claim[])[],
): Float64Array {
  const taken = new Float64Array(row.posterior.length);
  for (const [index, other] of rows.entries()) {
    if (other === row || !coexisted(row, other)) continue;
    for (const { candidate, share } of claims[index] as Claim[]) {
      (taken[candidate.index] as number) += Math.log2(1 - share * MOST_CERTAIN);
    }
  }
  return taken;
}

/** Where an entry lived in the table, counted in insertions. */
export interface Lifetime {
  /** Insertions before its own; null for what has no place in the table. */
  readonly inserted: number | null;
  /** Insertions before its last use. */
  readonly lastUsed: number;
}

/**
 * Whether both were in the table at one time: then they are not the same, since an encoder inserts
 * nothing that is there.
 */
export function coexisted(one: Lifetime, other: Lifetime): boolean {
  if (one.inserted === null || other.inserted === null) return false;
  return Math.max(one.inserted, other.inserted) < Math.min(one.lastUsed, other.lastUsed);
}

/** @param groups by group: how many other methods of it are in use */
function contextOf(
  row: Row,
  { list }: Candidates,
  groups: Float64Array,
  taken: Float64Array,
): void {
  for (const { index, family, service, handicap } of list) {
    row.context[index] =
      Math.min(FAMILY.most, FAMILY.each * (groups[family] as number)) +
      Math.min(SERVICE.most, SERVICE.each * (groups[service] as number)) +
      (taken[index] as number) -
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
