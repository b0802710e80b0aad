import type { Field } from './field.js';
import type { Renderer } from './renderer.js';
import type { Screen } from './table.js';

/** Events that never became rows. */
export interface Lost {
  /** How many since the last report. */
  readonly count: number;
  /**
   * ring_buffer_full, map_full, hold_full, recursion, truncated or decode. Of recursion the count is
   * the most that may have been lost, which is part of no sum. otlp_full and otlp_failed are events
   * that only a collector lacks.
   */
  readonly cause: string;
  /** How many of this cause since the start. */
  readonly total: number;
  /** What to do about it. */
  readonly hint: string;
}

/** What arrived at once. Rows may be one reused object: each is valid until the next is asked for. */
export interface Batch<Row> {
  readonly rows: Iterable<Row>;
  readonly lost: readonly Lost[];
  /** Set when the rows are the whole picture of a moment, which replaces the one before. */
  readonly snapshot?: Snapshot;
}

/**
 * A picture of a moment: a table of sessions, of counts. People see it redrawn in place on a
 * terminal, and one block after the other in a pipe; programs get its rows like any others.
 */
export interface Snapshot {
  /** Line above the rows, such as `Trace at: 17:09:04`; empty for none. */
  readonly heading: string;
  /** The last one is not drawn but printed, whatever its length. */
  readonly last?: boolean;
}

/** What a tool opens: from here on events flow. */
export interface Source<Row> {
  readonly fields: readonly Field<Row>[];
  /**
   * Ends when the signal is aborted, after it has handed over what was still under way. While the
   * consumer does not ask for the next batch, nothing may be queued without bound.
   */
  batches(signal: AbortSignal): AsyncIterable<Batch<Row>>;
  /** When events began to flow, in milliseconds of performance.now(); left out: when it was opened. */
  readonly attachedMs?: number;
  /** Its rows come as snapshots. */
  readonly snapshots?: boolean;
  /**
   * Shows rows to people in another form than a table, if it returns one. `times` are the columns
   * of `-T` and `-t`.
   */
  readonly view?: (screen: Screen, times: readonly Field<Row>[]) => Renderer<Row> | undefined;
  /** A log that is asked for is what people see, instead of standard output, and not JSON Lines. */
  readonly printsToFile?: boolean;
  /** Lines for people at the very end, such as a histogram. */
  readonly epilogue?: () => readonly string[];
  /** How full the buffer between kernel and tool is, 0 to 1, for those that have one. */
  readonly bufferFill?: () => number;
  /** What `-v` tells once events flow: hooks chosen, privileges dropped. */
  notes(): readonly string[];
  /** The closing line on stderr, where another one than "N events, 0 lost" says more; '' for none. */
  summary?(summary: Summary): string;
  /** What the tool exits with when all went well, asked at the end; left out: 0. */
  exitCode?(): number;
  close(): Promise<void> | void;
}

/** How a run ended. */
export interface Summary {
  readonly events: number;
  /** Events that are known never to have become rows: with the rows they are all that happened. */
  readonly lost: number;
  /** Rows in which something is cut. */
  readonly truncated: number;
  /** Rows that a collector has not got; null if there is none. */
  readonly unsent: number | null;
  readonly durationMs: number;
}

/**
 * Batches of a source that has its result only at the end, such as a table of counts: waits for the
 * signal, then hands over the rows that `collect` returns.
 */
export async function* atEnd<Row>(
  signal: AbortSignal,
  collect: () => Batch<Row> | Promise<Batch<Row>>,
): AsyncGenerator<Batch<Row>> {
  if (!signal.aborted) {
    // An abort listener alone does not keep the process alive.
    const alive = setInterval(() => {}, 0x7fffffff);
    await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
    clearInterval(alive);
  }
  yield await collect();
}
