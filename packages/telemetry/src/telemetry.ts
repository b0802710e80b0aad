import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TelemetryError } from './errors.js';
import type { MeteredField } from './fields.js';
import { type Lost, OtlpLosses } from './losses.js';
import type { FieldShape, FromExporter, Settings, ToExporter } from './messages.js';
import type { Metric } from './metric.js';
import { Outbox, type Parcel } from './outbox.js';
import { processMetrics } from './process.js';
import { Tally } from './tally.js';

/** A field of the rows: what metrics and log records are made of. */
export type TelemetryField<Row> = MeteredField<Row> & FieldShape;

/** How the exporting ended. */
export interface Closing {
  /** Rows that the collector has. */
  readonly sent: number;
  /** Rows that it has not, as far as is known. */
  readonly unsent: number;
}

/** How much memory the exporting thread may take; it dies of more, and the tool goes on. */
const THREAD_MB = 256;

/**
 * Starts the thread that exports, and waits until it has read all its files and listens: from then on
 * it needs no privileges.
 *
 * @throws TelemetryError `TELEMETRY_LISTEN_FAILED`, `TELEMETRY_START_FAILED`
 */
export async function openTelemetry(settings: Settings): Promise<Telemetry> {
  const worker = new Worker(new URL('./exporter-thread.js', import.meta.url), {
    workerData: settings,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MB },
  });
  return new Telemetry(worker, settings, await started(worker));
}

/** The first thing that the thread says: where it listens, or why it cannot. */
async function started(worker: Worker): Promise<string | null> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const [first] = (await Promise.race([
      once(worker, 'message', { signal }),
      once(worker, 'exit', { signal }).then(([code]) => {
        throw new Error(`it ended with ${code}`);
      }),
    ])) as [FromExporter];
    if (first.kind === 'ready') return first.address;
    if (first.kind === 'failed') throw new TelemetryError(first.code, first.message, first.hint);
    throw new Error(`it said ${first.kind}`);
  } catch (error) {
    await worker.terminate();
    if (error instanceof TelemetryError) throw error;
    throw new TelemetryError(
      'TELEMETRY_START_FAILED',
      `the thread that exports events did not start: ${(error as Error).message}`,
      'go on without --otlp and --prometheus, and report it',
      { cause: error },
    );
  } finally {
    over.abort();
  }
}

/**
 * Takes events to a collector and counts to whoever asks for them. All of it that takes time is done
 * on a thread of its own; what is kept for it is bounded, and what finds no room is counted.
 */
export class Telemetry {
  /** Where metrics are to be had: `http://127.0.0.1:9464/metrics`; null if nobody asked for that. */
  readonly address: string | null;
  /** What events are put into on their way to the collector, if there is one. */
  readonly outbox: Outbox | undefined;
  /** Told when the collector takes nothing any more, and why; and with '' when it does again. */
  onTrouble: (why: string) => void = () => {};
  readonly #worker: Worker;
  readonly #prefix: string;
  readonly #losses: OtlpLosses;
  #collect: () => readonly Metric[] = () => [];
  #finished: () => void = () => {};
  #gone = false;

  /** @internal Use `openTelemetry()`. */
  constructor(worker: Worker, { tool, otlp }: Settings, address: string | null) {
    this.address = address;
    this.#worker = worker;
    this.#prefix = `imagesnoop.${tool.replaceAll('-', '_')}`;
    if (otlp !== undefined) this.outbox = new Outbox((parcel) => this.#ship(parcel));
    this.#losses = new OtlpLosses(this.#prefix, this.outbox);
    worker.on('message', (message: FromExporter) => this.#hear(message));
    worker.on('error', (error) => this.#onGone(error.message));
    worker.on('exit', () => this.#onGone('the thread ended'));
    // What keeps the tool alive is its source.
    worker.unref();
  }

  /**
   * What the rows will be like.
   *
   * @param more metrics of others, asked for whenever metrics are
   * @returns what rows are to be counted with
   */
  begin<Row>(
    fields: readonly TelemetryField<Row>[],
    more: (prefix: string) => readonly Metric[],
  ): Tally<Row> {
    const tally = new Tally<Row>(this.#prefix, fields);
    const shapes = fields.map(({ name, shown, alarm, label }) => ({ name, shown, alarm, label }));
    this.#post({ kind: 'begin', fields: shapes });
    this.#collect = () => [
      ...tally.metrics(),
      ...more(this.#prefix),
      ...this.#losses.metrics(),
      ...processMetrics(),
    ];
    return tally;
  }

  /** Rows that did not find their way to the collector since this was asked last. */
  newLosses(): readonly Lost[] {
    return this.#losses.take();
  }

  /**
   * Sends what is left, and the metrics once more, and ends the thread. What the collector has not
   * taken by then is given up and counted.
   *
   * @param patienceMs how long it may take at most
   */
  async close(patienceMs: number): Promise<Closing> {
    const deadline = performance.now() + patienceMs;
    const left = () => Math.max(0, deadline - performance.now());
    this.#worker.ref();
    if (!this.#gone) await within(left(), this.outbox?.drained());
    this.outbox?.close();
    if (!this.#gone) {
      const finished = new Promise<void>((resolve) => {
        this.#finished = resolve;
      });
      this.#post({ kind: 'finish' });
      await within(left(), finished);
    }
    this.#gone = true;
    await this.#worker.terminate();
    const { sent = 0, failed = 0, refused = 0 } = this.outbox ?? {};
    return { sent, unsent: failed + refused };
  }

  #hear(message: FromExporter): void {
    if (message.kind === 'done') this.outbox?.settle(message.id, message.failed);
    else if (message.kind === 'trouble') this.onTrouble(message.why);
    else if (message.kind === 'collect')
      this.#post({ kind: 'metrics', id: message.id, metrics: this.#collect() });
    else if (message.kind === 'finished') this.#finished();
  }

  #ship({ id, pieces }: Parcel): void {
    const buffers = pieces.map(({ buffer }) => buffer as ArrayBuffer);
    this.#worker.postMessage({ kind: 'rows', id, pieces } satisfies ToExporter, buffers);
  }

  #post(message: ToExporter): void {
    this.#worker.postMessage(message);
  }

  /** Out of memory, or a bug: the tool goes on without. */
  #onGone(why: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.outbox?.close();
    this.#finished();
    this.onTrouble(`exporting has ended: ${why}`);
  }
}

/** Waits for something, but not for longer than `ms`. */
async function within(ms: number, what: Promise<unknown> = Promise.resolve()): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([what, timeout]);
  clearTimeout(timer);
}
