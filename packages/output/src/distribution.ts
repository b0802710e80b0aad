/** Buckets per power of ten: each is 5.9 % wide, so a quantile is right within 3 %. */
const PER_DECADE = 40;
/** 10^0 to 10^18, which as nanoseconds is thirty years. */
const DECADES = 18;

/** A bar of a histogram on a logarithmic scale. */
export interface LogBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** How values of any magnitude are distributed, in constant memory. */
export class Distribution {
  readonly #buckets = new Float64Array(PER_DECADE * DECADES);
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** @param value from 0 to 10^18; below 1 counts as 1 */
  add(value: number): void {
    const index = Math.floor(Math.log10(Math.max(value, 1)) * PER_DECADE);
    const last = this.#buckets.length - 1;
    this.#buckets[Math.min(index, last)] = (this.#buckets[Math.min(index, last)] as number) + 1;
    this.#count++;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  get count(): number {
    return this.#count;
  }

  /** Exact; 0 when there are no values. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  /** Exact. */
  get max(): number {
    return this.#max;
  }

  /**
   * The value below which this share of all values is, within 3 %; 0 when there are none.
   *
   * @param share from 0 to 1: 0.5 is the median
   */
  quantile(share: number): number {
    if (share >= 1) return this.max;
    const rank = Math.max(share * this.#count, 1);
    let seen = 0;
    for (let i = 0; i < this.#buckets.length; i++) {
      seen += this.#buckets[i] as number;
      if (seen < rank) continue;
      return Math.min(Math.max(10 ** ((i + 0.5) / PER_DECADE), this.min), this.max);
    }
    return this.max;
  }

  /**
   * From the first used bin to the last.
   *
   * @param perDecade bins per power of ten: 1, 2, 4, 5, 8, 10, 20 or 40
   */
  bins(perDecade: number): LogBin[] {
    const step = PER_DECADE / perDecade;
    const bins = Array.from({ length: perDecade * DECADES }, (_, i) => ({
      from: 10 ** (i / perDecade),
      to: 10 ** ((i + 1) / perDecade),
      count: this.#buckets.subarray(i * step, (i + 1) * step).reduce((a, b) => a + b, 0),
    }));
    const first = bins.findIndex(({ count }) => count > 0);
    return first < 0 ? [] : bins.slice(first, bins.findLastIndex(({ count }) => count > 0) + 1);
  }
}
