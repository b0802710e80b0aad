/** A label set: attributes of OTLP, labels of Prometheus. */
export type Labels = Readonly<Record<string, string>>;

/** Observations by size; `counts` has one more entry than the bounds, for what is above them all. */
export interface Histogram {
  readonly count: number;
  readonly sum: number;
  readonly counts: readonly number[];
}

export interface Point<Value> {
  readonly labels: Labels;
  /** When it began to be counted, milliseconds since 1970. */
  readonly startMs: number;
  readonly value: Value;
}

/** One metric as it is now, in a form that passes between threads. Counters only grow. */
export type Metric = {
  /** In OpenTelemetry's spelling, with dots. */
  readonly name: string;
  readonly description: string;
  /** In UCUM: `s`, `By`, `1`, `{event}`. */
  readonly unit: string;
} & (
  | { readonly kind: 'counter' | 'gauge'; readonly points: readonly Point<number>[] }
  | { readonly kind: 'histogram'; readonly points: readonly Point<Histogram>[] }
);

/**
 * Upper bounds of the buckets of latencies and durations, in seconds: mkdir(2) takes microseconds, a
 * connection may last for hours.
 */
export const BOUNDS: readonly number[] = [
  ...[0.000_01, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05],
  ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600],
];
