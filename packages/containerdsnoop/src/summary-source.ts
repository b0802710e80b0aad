import type { Batch, Source } from '@imagesnoop/output';
import type { CallRow } from './rows.js';
import { type MethodSummary, Summary } from './summary.js';
import { summaryColumns } from './summary-columns.js';

/**
 * Calls counted by method instead of shown: a picture of each interval, if one is given, and at the
 * end one of all.
 */
export function summarySource(
  calls: Source<CallRow>,
  intervalMs: number | undefined,
): Source<MethodSummary> {
  const { view: _, ...rest } = calls;
  const total = new Summary();
  return {
    ...rest,
    fields: summaryColumns,
    snapshots: intervalMs !== undefined,
    batches: (signal) => pictures(calls.batches(signal), total, intervalMs),
    summary(end) {
      const events = total.rows().reduce((sum, row) => sum + row.calls, 0);
      return calls.summary?.({ ...end, events }).replace('events', 'calls') ?? '';
    },
  };
}

async function* pictures(
  batches: AsyncIterable<Batch<CallRow>>,
  total: Summary,
  intervalMs: number | undefined,
): AsyncGenerator<Batch<MethodSummary>, void, void> {
  let interval = new Summary();
  const iterator = batches[Symbol.asyncIterator]();
  const ticks = new Ticks(intervalMs);
  try {
    for (let next = iterator.next(); ; ) {
      const result = await Promise.race([next, ticks.next()]);
      if (result === TICK) {
        yield { rows: interval.rows(), lost: [], snapshot: { heading: now() } };
        interval = new Summary();
        continue;
      }
      if (result.done === true) break;
      for (const row of result.value.rows) {
        total.add(row);
        if (intervalMs !== undefined) interval.add(row);
      }
      if (result.value.lost.length > 0) yield { rows: [], lost: result.value.lost };
      next = iterator.next();
    }
  } finally {
    ticks.close();
    await iterator.return?.();
  }
  const last = { rows: total.rows(), lost: [] };
  yield intervalMs === undefined ? last : { ...last, snapshot: { heading: 'in all', last: true } };
}

const TICK = Symbol('tick');

/** Resolves once per interval; never without one. */
class Ticks {
  readonly #timer: NodeJS.Timeout | undefined;
  #waiting: Promise<typeof TICK> | undefined;
  #wake: (value: typeof TICK) => void = () => {};

  constructor(intervalMs: number | undefined) {
    if (intervalMs !== undefined) this.#timer = setInterval(() => this.#tick(), intervalMs);
  }

  next(): Promise<typeof TICK> {
    this.#waiting ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#waiting;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#waiting = undefined;
    this.#wake(TICK);
  }
}

/** Local time of day. */
function now(): string {
  return new Date().toTimeString().slice(0, 8);
}
