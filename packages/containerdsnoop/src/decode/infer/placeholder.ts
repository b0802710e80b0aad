import type { Label } from '../message.js';
import { posteriorOf, type Row } from './assignment.js';
import type { Candidates } from './candidates.js';
import type { Evidence } from './evidence.js';

/** How likely a method has to be to be named: after several calls, and when there are fewer. */
const SURE = 0.95;
const SURE_AT_ONCE = 0.99;
const SEVERAL = 2;
/** How likely it has to be that the method is one of those that are named. */
const COVERED = 0.97;
const MOST_NAMED = 6;
/** How likely it has to be, and after how many calls, not to be looked at each time. */
const CERTAIN = 0.9999;
const CERTAIN_CALLS = 16;
/** Different looks of calls that are told apart. */
const MOST_SHAPES = 64;
/** Calls that none of the methods explains, until it is clear that the method is not in the schema. */
const MISFITS = 2;

export const UNKNOWN: Label = { method: null, pathSource: 'ambiguous', candidates: [] };

/** A method whose name was not seen, but whose calls are known to be of the same one. */
export class Placeholder implements Row {
  evidence: Float64Array;
  context: Float64Array;
  posterior: Float64Array;
  readonly excluded = new Set<number>();
  /** Insertions into the table before it was inserted, and before it was last used. */
  readonly inserted: number | null;
  lastUsed: number;
  #candidates: Candidates;
  #shapes = new Map<string, number>();
  #calls = 0;
  #misfits = 0;
  #fits = 0;

  /** @param inserted null for one that has no place in the table */
  constructor(candidates: Candidates, inserted: number | null) {
    this.#candidates = candidates;
    this.inserted = inserted;
    this.lastUsed = inserted ?? 0;
    this.evidence = new Float64Array(candidates.list.length);
    this.context = new Float64Array(candidates.list.length);
    this.posterior = new Float64Array(candidates.list.length);
  }

  /**
   * Whether the next call should be looked at: all of them until it is beyond doubt, and then fewer
   * and fewer, since doubt may come back.
   */
  get wantsEvidence(): boolean {
    const calls = ++this.#calls;
    if (calls <= CERTAIN_CALLS || (calls & (calls - 1)) === 0) return true;
    return this.posterior.every((share) => share < CERTAIN);
  }

  /**
   * Adds what a finished call says. Calls that look the same say nothing new: the second counts a
   * half, the third a third.
   *
   * @returns whether that may change what others are
   */
  learn(evidence: Evidence): boolean {
    if (!evidence.isExplained) {
      this.#misfits++;
      return false;
    }
    this.#fits++;
    const shape =
      this.#shapes.has(evidence.shape) || this.#shapes.size < MOST_SHAPES ? evidence.shape : '';
    const count = (this.#shapes.get(shape) ?? 0) + 1;
    this.#shapes.set(shape, count);
    for (let index = 0; index < this.evidence.length; index++) {
      (this.evidence[index] as number) += (evidence.scores[index] as number) / count;
    }
    return count <= 4 || (count & (count - 1)) === 0;
  }

  /** @param more evidence of the call in question, if it is not learned yet */
  label(more: Evidence | null): Label {
    if (this.#misfits >= MISFITS && this.#misfits > this.#fits) return UNKNOWN;
    const likely = posteriorOf(this, more?.scores ?? null);
    const order = [...likely.keys()].sort((a, b) => (likely[b] as number) - (likely[a] as number));
    const [first] = order;
    if (first === undefined || likely[first] === 0) return UNKNOWN;
    const path = (index: number) => this.#candidates.list[index]?.path ?? '';
    const enough = this.#fits >= SEVERAL ? SURE : SURE_AT_ONCE;
    if ((likely[first] as number) >= enough) {
      return { method: path(first), pathSource: 'inferred', candidates: [path(first)] };
    }
    const named: string[] = [];
    let covered = 0;
    for (const index of order) {
      if (covered >= COVERED || named.length >= MOST_NAMED) break;
      covered += likely[index] as number;
      named.push(path(index));
    }
    return { method: null, pathSource: 'ambiguous', candidates: named };
  }
}
