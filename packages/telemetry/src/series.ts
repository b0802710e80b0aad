import type { MeteredField } from './fields.js';
import { labelsOf } from './labels.js';
import { BOUNDS, type Histogram, type Labels } from './metric.js';

/** Label sets that are told apart. What does not fit goes into one of its own. */
export const MAX_SERIES = 1000;
/** A label set that has not been met for so long makes room when there is none. */
export const FORGET_AFTER_MS = 3_600_000;
/** Ways to label sets that are remembered; where values change all the time none is met again. */
const MAX_WAYS = 10_000;
/** As OpenTelemetry's SDKs say that there are too many label sets. */
export const OVERFLOW: Labels = { 'otel.metric.overflow': 'true' };

/** What is counted of one label set. */
export class Series {
  readonly labels: Labels;
  readonly startMs: number;
  seenMs: number;
  events = 0;
  /** NaN until something was added. */
  readonly sums: Float64Array;
  /** By latency; none until there was one. */
  readonly latencies: (Buckets | undefined)[] = [];

  constructor(labels: Labels, sums: number, nowMs: number) {
    this.labels = labels;
    this.startMs = nowMs;
    this.seenMs = nowMs;
    this.sums = new Float64Array(sums).fill(Number.NaN);
  }

  add(sum: number, value: number): void {
    const before = this.sums[sum] as number;
    this.sums[sum] = (Number.isNaN(before) ? 0 : before) + value;
  }

  observe(latency: number, seconds: number): void {
    let buckets = this.latencies[latency];
    if (buckets === undefined) {
      buckets = new Buckets();
      this.latencies[latency] = buckets;
    }
    buckets.add(seconds);
  }
}

class Buckets implements Histogram {
  count = 0;
  sum = 0;
  readonly counts: number[] = new Array(BOUNDS.length + 1).fill(0);

  add(value: number): void {
    let slot = 0;
    while (slot < BOUNDS.length && value > (BOUNDS[slot] as number)) slot++;
    this.counts[slot] = (this.counts[slot] as number) + 1;
    this.count++;
    this.sum += value;
  }
}

/** Finds the series of a row by its label fields, in bounded room. */
export class SeriesTable<Row> {
  readonly #fields: readonly MeteredField<Row>[];
  readonly #sums: number;
  readonly #series = new Map<string, Series>();
  readonly #overflow: Series;
  /** Maps in maps: by what the first field hands out, the second, ... */
  #ways = new Map<unknown, unknown>();
  #wayCount = 0;

  /** @param sums how many sums a series has */
  constructor(fields: readonly MeteredField<Row>[], sums: number) {
    this.#fields = fields;
    this.#sums = sums;
    this.#overflow = new Series(OVERFLOW, sums, Date.now());
  }

  /** All that have been met, and the one of what did not fit if there was something. */
  all(): Series[] {
    return [...this.#series.values(), ...(this.#overflow.events > 0 ? [this.#overflow] : [])];
  }

  /** By what the fields hand out, without making texts of it: that would be most of the cost. */
  of(row: Row, nowMs: number): Series {
    const fields = this.#fields;
    let here = this.#ways;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as MeteredField<Row>;
      const key = field.identity === undefined ? field.value(row) : field.identity(row);
      const next = here.get(key);
      if (next instanceof Series) return next;
      if (next instanceof Map) here = next;
      else if (i === fields.length - 1) return this.#learn(here, key, row, nowMs);
      else {
        const deeper = new Map<unknown, unknown>();
        here.set(key, deeper);
        here = deeper;
      }
    }
    return this.#find({}, nowMs);
  }

  #learn(from: Map<unknown, unknown>, key: unknown, row: Row, nowMs: number): Series {
    const series = this.#find(labelsIn(this.#fields, row), nowMs);
    from.set(key, series);
    if (++this.#wayCount > MAX_WAYS) this.#unlearn();
    return series;
  }

  #unlearn(): void {
    this.#ways = new Map();
    this.#wayCount = 0;
  }

  #find(labels: Labels, nowMs: number): Series {
    const name = JSON.stringify(labels);
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_SERIES) this.#forget(nowMs);
    if (this.#series.size >= MAX_SERIES) return this.#overflow;
    const series = new Series(labels, this.#sums, nowMs);
    this.#series.set(name, series);
    return series;
  }

  #forget(nowMs: number): void {
    const before = this.#series.size;
    for (const [name, { seenMs }] of this.#series)
      if (nowMs - seenMs > FORGET_AFTER_MS) this.#series.delete(name);
    if (this.#series.size < before) this.#unlearn();
  }
}

/** The labels of a row. */
export function labelsIn<Row>(fields: readonly MeteredField<Row>[], row: Row): Labels {
  return Object.assign({}, ...fields.map((field) => labelsOf(field.name, field.value(row))));
}
