import type { Metric } from './metric.js';
import type { Outbox } from './outbox.js';

/** Rows that are missing at the collector; the local output has them. */
export interface Lost {
  readonly count: number;
  readonly cause: 'otlp_full' | 'otlp_failed';
  readonly total: number;
  readonly hint: string;
}

const HINTS = {
  otlp_full:
    'The collector takes less than there is; these events are only in the local output. Ask for fewer, or give the collector more room.',
  otlp_failed:
    'The collector refused these events, or did not take them in time; they are only in the local output.',
} as const;

/** Tells what the outbox could not get rid of, each row once. */
export class OtlpLosses {
  readonly #prefix: string;
  readonly #outbox: Outbox | undefined;
  readonly #startMs = Date.now();
  readonly #told = { otlp_full: 0, otlp_failed: 0 };

  constructor(prefix: string, outbox: Outbox | undefined) {
    this.#prefix = prefix;
    this.#outbox = outbox;
  }

  take(): readonly Lost[] {
    const { refused = 0, failed = 0 } = this.#outbox ?? {};
    return [...this.#since('otlp_full', refused), ...this.#since('otlp_failed', failed)];
  }

  #since(cause: Lost['cause'], total: number): Lost[] {
    const count = total - this.#told[cause];
    this.#told[cause] = total;
    return count > 0 ? [{ count, cause, total, hint: HINTS[cause] }] : [];
  }

  metrics(): Metric[] {
    if (this.#outbox === undefined) return [];
    const { sent, waitingBytes } = this.#outbox;
    const point = (value: number) => [{ labels: {}, startMs: this.#startMs, value }];
    return [
      {
        name: `${this.#prefix}.otlp.sent`,
        description: 'Events that the collector has taken',
        unit: '{event}',
        kind: 'counter',
        points: point(sent),
      },
      {
        name: `${this.#prefix}.otlp.queue`,
        description: 'Events that wait for the collector',
        unit: 'By',
        kind: 'gauge',
        points: point(waitingBytes),
      },
    ];
  }
}
