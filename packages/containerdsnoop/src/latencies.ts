/** Slots per doubling: a quantile is at most 2.2 % beside the truth. */
const PER_OCTAVE = 16;
/** From 1 ns to 2^53 ns. */
const SLOTS = 53 * PER_OCTAVE + 1;

/** Time spans, counted so that their quantiles are known without keeping them: 3.4 KB. */
export class Latencies {
  readonly #counts = new Uint32Array(SLOTS);
  #total = 0;
  /** Exact; 0 if there is none. */
  maxNs = 0;

  add(ns: number): void {
    const slot = Math.round(Math.log2(Math.max(ns, 1)) * PER_OCTAVE);
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
    this.#total++;
    if (ns > this.maxNs) this.maxNs = ns;
  }

  /** The time that this part of all, from 0 to 1, did not exceed; null if there is none. */
  quantile(part: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.max(1, Math.ceil(part * this.#total));
    for (let slot = 0; slot < SLOTS; slot++) {
      left -= this.#counts[slot] as number;
      if (left <= 0) return Math.min(2 ** (slot / PER_OCTAVE), this.maxNs);
    }
    return this.maxNs;
  }
}
