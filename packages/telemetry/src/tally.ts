import { aboutField, type MeteredField, type MetricRole, secondsIn } from './fields.js';
import type { Metric, Point } from './metric.js';
import { Picture } from './picture.js';
import { type Series, SeriesTable } from './series.js';

/** Counts rows, sums and latencies by label set, in bounded room. */
export class Tally<Row> {
  readonly #prefix: string;
  readonly #labels: readonly MeteredField<Row>[];
  readonly #latencies: readonly MeteredField<Row>[];
  readonly #scales: readonly number[];
  readonly #sums: readonly MeteredField<Row>[];
  readonly #gauges: readonly MeteredField<Row>[];
  readonly #final: { readonly field: MeteredField<Row>; readonly value: string } | undefined;
  readonly #series: SeriesTable<Row>;
  /** The last whole one, and the one that is being made. */
  #picture: Picture<Row> | undefined;
  #next: Picture<Row> | undefined;
  #nowMs = Date.now();

  /** @param prefix of the names of the metrics, such as `imagesnoop.tcpconnect` */
  constructor(prefix: string, fields: readonly MeteredField<Row>[]) {
    this.#prefix = prefix;
    const having = (role: MetricRole) => fields.filter(({ metric }) => metric === role);
    this.#labels = having('label');
    this.#latencies = having('latency');
    this.#scales = this.#latencies.map(({ unit }) => secondsIn(unit));
    this.#sums = having('sum');
    this.#gauges = having('gauge');
    for (const field of fields) {
      const { metric } = field;
      if (typeof metric === 'object') this.#final = { field, value: metric.countWhen };
    }
    this.#series = new SeriesTable(this.#labels, this.#sums.length);
  }

  /** To be called for each batch: the clock that rows are stamped with. */
  tick(nowMs = Date.now()): void {
    this.#nowMs = nowMs;
  }

  /** The rows up to `endPicture()` are the state of a moment: they replace those of the last one. */
  beginPicture(): void {
    this.#next = new Picture(this.#labels, this.#gauges);
  }

  endPicture(): void {
    this.#picture = this.#next;
    this.#next = undefined;
  }

  add(row: Row): void {
    this.#next?.add(row);
    if (!this.#isEvent(row)) return;
    const series = this.#series.of(row, this.#nowMs);
    series.seenMs = this.#nowMs;
    series.events++;
    for (let i = 0; i < this.#latencies.length; i++) {
      const value = (this.#latencies[i] as MeteredField<Row>).value(row);
      if (typeof value === 'number') series.observe(i, value * (this.#scales[i] as number));
    }
    for (let i = 0; i < this.#sums.length; i++) {
      const value = (this.#sums[i] as MeteredField<Row>).value(row);
      if (typeof value === 'number') series.add(i, value);
    }
  }

  /** Rows of a picture are no events, unless a field says so. */
  #isEvent(row: Row): boolean {
    const final = this.#final;
    if (final === undefined) return this.#next === undefined;
    return final.field.value(row) === final.value;
  }

  /** All of it as it is now. */
  metrics(): Metric[] {
    const all = this.#series.all();
    const points = <Value>(read: (series: Series) => Value | undefined): Point<Value>[] =>
      all.flatMap((series) => {
        const value = read(series);
        const { labels, startMs } = series;
        return value === undefined ? [] : [{ labels, startMs, value }];
      });
    return [
      {
        name: `${this.#prefix}.events`,
        description: 'Events that passed the filters',
        unit: '{event}',
        kind: 'counter',
        points: points(({ events }) => events),
      },
      ...this.#latencies.map((field, i) => ({
        ...aboutField(this.#prefix, field),
        kind: 'histogram' as const,
        points: points(({ latencies }) => latencies[i]),
      })),
      ...this.#sums.map((field, i) => ({
        ...aboutField(this.#prefix, field),
        kind: 'counter' as const,
        points: points(({ sums }) => (Number.isNaN(sums[i]) ? undefined : sums[i])),
      })),
      ...(this.#picture === undefined ? [] : this.#state(this.#picture)),
    ];
  }

  #state({ groups }: Picture<Row>): Metric[] {
    const all = [...groups.values()];
    const startMs = this.#nowMs;
    const rows = all.map(({ labels, rows: value }) => ({ labels, startMs, value }));
    return [
      {
        name: `${this.#prefix}.rows`,
        description: 'Rows of the last picture',
        unit: '{row}',
        kind: 'gauge',
        points: rows,
      },
      ...this.#gauges.map((field, i) => ({
        ...aboutField(this.#prefix, field),
        kind: 'gauge' as const,
        points: all.map(({ labels, values }) => ({ labels, startMs, value: values[i] as number })),
      })),
    ];
  }
}
