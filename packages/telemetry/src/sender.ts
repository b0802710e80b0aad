import { setTimeout as sleep } from 'node:timers/promises';
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPExporterError } from '@opentelemetry/otlp-exporter-base';
import {
  LoggerProvider,
  type LogRecordProcessor,
  type SdkLogRecord,
} from '@opentelemetry/sdk-logs';
import { LogRecords, type Row } from './log-records.js';
import type { FieldShape, Settings } from './messages.js';
import { MAX_UNDER_WAY } from './outbox.js';
import { resourceOf } from './resource.js';

/** How long the SDK tries a request, repeats included. */
const REQUEST_MS = 10_000;
/** A server that answers a byte at a time keeps a request alive for longer than that. */
const LONGEST_REQUEST_MS = 3 * REQUEST_MS;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** How long the same rows are tried again, so that those behind them get their turn. */
const GIVE_UP_AFTER_MS = 600_000;
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Sends rows as log records, each parcel until it is taken or refused for good. */
export class Sender {
  readonly #tool: string;
  readonly #exporter: OTLPLogExporter;
  readonly #gathered = new Gathered();
  readonly #emit: (record: Parameters<ReturnType<LoggerProvider['getLogger']>['emit']>[0]) => void;
  readonly #onTrouble: (why: string) => void;
  #records: LogRecords | undefined;
  #isInTrouble = false;
  /** What the collector said of the request that has just been answered. */
  #rejected = 0;

  /** @param onTrouble told why the collector takes nothing, and with '' when it does again */
  constructor(settings: Settings, url: string, onTrouble: (why: string) => void) {
    this.#tool = settings.tool;
    this.#onTrouble = onTrouble;
    this.#exporter = new OTLPLogExporter({
      url,
      timeoutMillis: REQUEST_MS,
      concurrencyLimit: MAX_UNDER_WAY * 2,
    });
    const provider = new LoggerProvider({
      resource: resourceOf(settings),
      processors: [this.#gathered],
    });
    const logger = provider.getLogger('imagesnoop', settings.version);
    this.#emit = (record) => logger.emit(record);
    diag.setLogger(new PartialSuccess((count) => this.#countRejected(count)), {
      logLevel: DiagLogLevel.WARN,
      suppressOverrideMessage: true,
    });
  }

  begin(fields: readonly FieldShape[]): void {
    this.#records = new LogRecords(this.#tool, fields);
  }

  /**
   * Resolves once the rows are at the collector, or it is clear that they never will be.
   *
   * @param pieces lines of JSON
   * @returns how many of them are not there
   */
  async send(pieces: readonly Uint8Array[]): Promise<number> {
    const records = this.#recordsOf(pieces);
    const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const { failed, error } = await this.#attempt(records);
      if (error === undefined) {
        this.#tell('');
        return failed;
      }
      this.#tell(reasonOf(error));
      if (!isTemporary(error) || performance.now() > giveUpAt) return records.length;
      await sleep(waitMs);
    }
  }

  #recordsOf(pieces: readonly Uint8Array[]): SdkLogRecord[] {
    for (const piece of pieces) {
      const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString();
      for (const line of text.split('\n')) {
        const record = line === '' ? undefined : this.#records?.of(JSON.parse(line) as Row);
        if (record !== undefined) this.#emit(record);
      }
    }
    return this.#gathered.take();
  }

  #attempt(records: SdkLogRecord[]): Promise<{ failed: number; error?: Error }> {
    return new Promise((resolve) => {
      const error = new Error('no answer');
      const timer = setTimeout(
        () => resolve({ failed: records.length, error }),
        LONGEST_REQUEST_MS,
      );
      this.#exporter.export(records, (result: ExportResult) => {
        clearTimeout(timer);
        const failed = Math.min(this.#rejected, records.length);
        this.#rejected = 0;
        if (result.code === ExportResultCode.SUCCESS) resolve({ failed });
        else resolve({ failed: records.length, error: result.error ?? new Error('unknown') });
      });
    });
  }

  /** The SDK tells of it only as a message, right before the result of the same request. */
  #countRejected(count: number): void {
    this.#rejected = count;
    this.#tell(`the collector rejected ${count} events of a request`);
  }

  #tell(why: string): void {
    if (why === '' && !this.#isInTrouble) return;
    this.#isInTrouble = why !== '';
    this.#onTrouble(why);
  }
}

/** Keeps the records of the rows that are being made into a request. */
class Gathered implements LogRecordProcessor {
  #records: SdkLogRecord[] = [];

  onEmit(record: SdkLogRecord): void {
    this.#records.push(record);
  }

  take(): SdkLogRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** Hears of records that a collector rejected from a request that it took. */
class PartialSuccess implements DiagLogger {
  readonly #onRejected: (count: number) => void;

  constructor(onRejected: (count: number) => void) {
    this.#onRejected = onRejected;
  }

  warn(message: string, ...details: unknown[]): void {
    const text = details.find((each) => typeof each === 'string' && each.includes('rejectedLog'));
    if (!/partial success/i.test(message) || typeof text !== 'string') return;
    const count = Number((JSON.parse(text) as { rejectedLogRecords?: unknown }).rejectedLogRecords);
    if (count > 0) this.#onRejected(count);
  }

  error(): void {}
  info(): void {}
  debug(): void {}
  verbose(): void {}
}

/** Could the same request succeed later? */
function isTemporary(error: Error): boolean {
  if (error instanceof OTLPExporterError && error.code !== undefined)
    return RETRYABLE.has(error.code);
  return true;
}

function reasonOf(error: Error): string {
  const { code, message } = error as Error & { code?: unknown };
  return [code, message].filter((each) => each !== undefined && each !== '').join(' ');
}
