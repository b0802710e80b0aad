import type { TelemetryErrorCode } from './errors.js';
import type { Metric } from './metric.js';

/** What the thread is started with. */
export interface Settings {
  /** `tcpconnect` */
  readonly tool: string;
  readonly version: string;
  /** Name of the Kubernetes node, if it is known. */
  readonly node?: string | undefined;
  /** Base URL of an OTLP/HTTP receiver; `/v1/logs` and `/v1/metrics` are added. */
  readonly otlp?: string | undefined;
  /** Where Prometheus may scrape; port 0 takes a free one. */
  readonly prometheus?: { readonly host: string; readonly port: number } | undefined;
}

/** What is to know of a field of the rows, to make a log record of them. */
export interface FieldShape {
  readonly name: string;
  /** Part of the record's body: the tool's table shows it. */
  readonly shown: boolean;
  /** A value other than null is a warning. */
  readonly alarm: boolean;
  /** A short text out of a few. */
  readonly label: boolean;
}

/** From the tool's thread to the exporting one. */
export type ToExporter =
  | { readonly kind: 'begin'; readonly fields: readonly FieldShape[] }
  /** JSON Lines to be sent, in pieces that end with a line each. */
  | { readonly kind: 'rows'; readonly id: number; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'metrics'; readonly id: number; readonly metrics: readonly Metric[] }
  /** Sends the metrics once more and ends. */
  | { readonly kind: 'finish' };

/** From the exporting thread to the tool's. */
export type FromExporter =
  | { readonly kind: 'ready'; readonly address: string | null }
  | {
      readonly kind: 'failed';
      readonly code: TelemetryErrorCode;
      readonly message: string;
      readonly hint: string;
    }
  /** These lines have been dealt with; `failed` of them are not at the collector. */
  | { readonly kind: 'done'; readonly id: number; readonly failed: number }
  /** The collector does not take what it is sent; empty: it does again. */
  | { readonly kind: 'trouble'; readonly why: string }
  | { readonly kind: 'collect'; readonly id: number }
  | { readonly kind: 'finished' };
