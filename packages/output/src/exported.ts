import type { Metric, Tally, Telemetry } from '@imagesnoop/telemetry';
import { FLUSH_BYTES } from './byte-writer.js';
import { JsonLines } from './json-lines.js';
import type { CommonValues } from './options/common.js';
import type { Lost, Snapshot, Source } from './source.js';

/** How long a row waits for others that go with it. */
const LINGER_MS = 1000;
/** How long the end of a tool waits for its collector. */
const PATIENCE_MS = 2000;
/** They are told also while there are none, so that who watches them knows that they are watched. */
const CAUSES = ['ring_buffer_full', 'map_full'];
const OTLP_CAUSES = ['otlp_full', 'otlp_failed'];

/**
 * What `--otlp` and `--prometheus` ask for: to be opened before anything else, for it reads files and
 * listens, and loaded only then, since the SDK costs more to start than a tool.
 *
 * @returns undefined if neither was given
 * @throws TelemetryError
 */
export async function openTelemetry(
  { name: tool, version }: { readonly name: string; readonly version: string },
  { otlp, prometheus }: Pick<CommonValues, 'otlp' | 'prometheus'>,
  node: string | undefined,
): Promise<Telemetry | undefined> {
  if (otlp === undefined && prometheus === undefined) return undefined;
  const telemetry = await import('@imagesnoop/telemetry');
  return telemetry.openTelemetry({ tool, version, node, otlp, prometheus });
}

/** Rows on their way to a collector, and into counts. */
export class Exported<Row> {
  readonly #telemetry: Telemetry;
  readonly #tally: Tally<Row>;
  readonly #lines: JsonLines<Row> | undefined;
  readonly #lost = new Map<string, number>();
  readonly #startMs = Date.now();
  #rows = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(telemetry: Telemetry, { fields, bufferFill }: Source<Row>) {
    const { outbox } = telemetry;
    this.#telemetry = telemetry;
    for (const cause of outbox === undefined ? CAUSES : [...CAUSES, ...OTLP_CAUSES])
      this.#lost.set(cause, 0);
    const described = fields.map((field) => ({
      ...field,
      shown: field.column.show === 'table',
      alarm: field.column.alarm,
      label: field.metric === 'label',
    }));
    this.#tally = telemetry.begin<Row>(described, (prefix) => this.#metrics(prefix, bufferFill));
    if (outbox !== undefined) this.#lines = new JsonLines(fields);
  }

  /** To be called for each batch. */
  tick(): void {
    this.#tally.tick();
  }

  row(row: Row): void {
    this.#tally.add(row);
    const lines = this.#lines;
    if (lines === undefined) return;
    const { outbox } = this.#telemetry;
    if (outbox?.isFull) return outbox.refuse();
    lines.row(row);
    this.#rows++;
    if (lines.out.length >= FLUSH_BYTES) this.#ship();
    else this.#timer ??= setTimeout(() => this.#ship(), LINGER_MS);
  }

  beginSnapshot(_: Snapshot): void {
    this.#tally.beginPicture();
  }

  endSnapshot(): void {
    this.#tally.endPicture();
  }

  /** A loss is counted, and told to the collector as an event is. */
  lost(lost: Lost): void {
    this.#lost.set(lost.cause, lost.total);
    if (this.#lines === undefined || this.#telemetry.outbox?.isFull) return;
    this.#lines.lost(lost);
    this.#timer ??= setTimeout(() => this.#ship(), LINGER_MS);
  }

  /** What the collector has not got, since this was asked last. */
  newLosses(): readonly Lost[] {
    return this.#telemetry.newLosses();
  }

  /**
   * Sends what is left, for two seconds at most.
   *
   * @returns how many rows the collector has not got; null without one
   */
  async close(): Promise<number | null> {
    this.#ship();
    const { unsent } = await this.#telemetry.close(PATIENCE_MS);
    return this.#lines === undefined ? null : unsent;
  }

  #ship(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const out = this.#lines?.out;
    if (out === undefined || out.length === 0) return;
    // A copy of its own: it goes to another thread.
    this.#telemetry.outbox?.add(new Uint8Array(out.view()), this.#rows);
    out.clear();
    this.#rows = 0;
  }

  #metrics(prefix: string, bufferFill: (() => number) | undefined): Metric[] {
    const startMs = this.#startMs;
    const lost = [...this.#lost].filter(([cause]) => cause !== 'truncated');
    return [
      {
        name: `${prefix}.lost`,
        description: 'Events that got lost, by cause; otlp_*: only the collector lacks them',
        unit: '{event}',
        kind: 'counter',
        points: lost.map(([cause, value]) => ({ labels: { cause }, startMs, value })),
      },
      {
        name: `${prefix}.truncated`,
        description: 'Events in which something is cut',
        unit: '{event}',
        kind: 'counter',
        points: [{ labels: {}, startMs, value: this.#lost.get('truncated') ?? 0 }],
      },
      ...(bufferFill === undefined
        ? []
        : [
            {
              name: `${prefix}.buffer.fill`,
              description: 'How full the buffer between kernel and tool is',
              unit: '1',
              kind: 'gauge' as const,
              points: [{ labels: {}, startMs, value: bufferFill() }],
            },
          ]),
    ];
  }
}
