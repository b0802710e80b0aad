import type { MeteredField } from './fields.js';
import type { Labels } from './metric.js';
import { labelsIn, MAX_SERIES, OVERFLOW } from './series.js';

/** What rows of one label set come to, in the picture of a moment. */
export interface Group {
  readonly labels: Labels;
  rows: number;
  /** Sums of the gauges, in their order. */
  readonly values: Float64Array;
}

/** Rows that are the state of a moment, summed by label set. */
export class Picture<Row> {
  readonly groups = new Map<string, Group>();
  readonly #labels: readonly MeteredField<Row>[];
  readonly #gauges: readonly MeteredField<Row>[];

  constructor(labels: readonly MeteredField<Row>[], gauges: readonly MeteredField<Row>[]) {
    this.#labels = labels;
    this.#gauges = gauges;
  }

  add(row: Row): void {
    const group = this.#groupOf(row);
    group.rows++;
    for (const [i, gauge] of this.#gauges.entries()) {
      const value = gauge.value(row);
      if (typeof value === 'number') group.values[i] = (group.values[i] as number) + value;
    }
  }

  #groupOf(row: Row): Group {
    const own = labelsIn(this.#labels, row);
    const known = this.groups.get(JSON.stringify(own));
    if (known !== undefined) return known;
    const labels = this.groups.size < MAX_SERIES ? own : OVERFLOW;
    const name = JSON.stringify(labels);
    const group = this.groups.get(name) ?? {
      labels,
      rows: 0,
      values: new Float64Array(this.#gauges.length),
    };
    this.groups.set(name, group);
    return group;
  }
}
