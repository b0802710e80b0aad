import type { Telemetry } from '@imagesnoop/telemetry';
import { clock } from './clock.js';
import { displayText, truncate } from './display.js';
import { Exported } from './exported.js';
import type { Field } from './field.js';
import type { FileSink } from './file-sink.js';
import { JsonLines } from './json-lines.js';
import { nodeFields, nodeName } from './node-field.js';
import type { CommonValues } from './options/common.js';
import { Output } from './outputs.js';
import { isUnsent, LossReport, say, summaryLine } from './report.js';
import type { Batch, Lost, Source } from './source.js';

/** Terminal columns for why a collector takes nothing. */
const LONGEST_REASON = 200;

/** Takes rows from a source to the outputs, and keeps count. */
export class Session<Row> {
  readonly #name: string;
  readonly #lists: boolean;
  readonly #values: CommonValues;
  readonly #end: AbortController;
  readonly #losses: LossReport;
  /** The log comes before standard output, so that it is whole when a reader goes away. */
  readonly #outputs: Output<Row>[] = [];
  #log: FileSink | undefined;
  #exported: Exported<Row> | undefined;
  #metricsAt: string | null = null;
  #events = 0;
  #lost = 0;
  #truncated = 0;
  #unsent: number | null = null;

  /** @param lists see `Tool.lists` */
  constructor(name: string, values: CommonValues, end: AbortController, lists = false) {
    this.#name = name;
    this.#lists = lists;
    this.#values = values;
    this.#end = end;
    this.#losses = new LossReport(name);
  }

  show(output: Output<Row>): void {
    this.#outputs.push(output);
  }

  /**
   * The log has all fields, whatever the screen shows, because programs follow it.
   *
   * @param fields left out if something is written to it already
   */
  logTo(log: FileSink, fields: readonly Field<Row>[] | undefined): void {
    this.#log = log;
    if (fields === undefined) return;
    const lines = new JsonLines(fields, nodeFields(nodeName(this.#values)));
    this.#outputs.unshift(new Output(lines, log));
  }

  /** Rows go there, too, as far as there is room. */
  exportTo(telemetry: Telemetry, source: Source<Row>): void {
    this.#exported = new Exported(telemetry, source);
    this.#metricsAt = telemetry.address;
    telemetry.onTrouble = (why) => {
      const { otlp } = this.#values;
      if (why === '') say(`${this.#name}: ${otlp} takes events again`);
      else {
        // A collector's own words: whoever answers there is not to reach the terminal.
        const reason = truncate(displayText(why), LONGEST_REASON);
        say(`${this.#name}: ${otlp} does not take events: ${reason}; going on`);
      }
    };
  }

  /** Goes on in a new log file; false if there is no log. */
  rotateLog(): boolean {
    if (!this.#log) return false;
    void this.#outputs[0]?.flush();
    try {
      this.#log.reopen();
    } catch (error) {
      say(`${this.#name}: ${(error as Error).message}; going on in the old file, use copytruncate`);
    }
    return true;
  }

  /** Runs until the source ends, then tells how it went. */
  async run(source: Source<Row>): Promise<void> {
    this.#banner(source);
    for (const { renderer } of this.#outputs) renderer.start();
    await this.#flush();
    const begun = performance.now();
    const { duration, quiet, verbose } = this.#values;
    const timer =
      duration === undefined ? undefined : setTimeout(() => this.#end.abort(), duration);
    try {
      for await (const batch of source.batches(this.#end.signal)) {
        if (await this.#take(batch)) break;
      }
    } catch (error) {
      await this.#salvage();
      throw error;
    } finally {
      clearTimeout(timer);
      await this.#endExport();
      this.#losses.flush();
    }
    const summary = {
      events: this.#events,
      lost: this.#lost,
      truncated: this.#truncated,
      unsent: this.#unsent,
      durationMs: performance.now() - begun,
    };
    const { renderer } = this.#outputs.at(-1) ?? {};
    renderer?.summary?.(summary);
    if (renderer?.epilogue && source.epilogue) renderer.epilogue(source.epilogue());
    await this.#flush();
    if (quiet) return;
    const own = source.summary?.(summary);
    if (own) say(own);
    else if (own === undefined && !this.#lists) say(summaryLine(summary, verbose));
  }

  /** @returns true when there have been enough events */
  async #take({ rows, lost, snapshot }: Batch<Row>): Promise<boolean> {
    const { maxEvents = Number.POSITIVE_INFINITY } = this.#values;
    const outputs = this.#outputs;
    const exported = this.#exported;
    clock.follow();
    exported?.tick();
    for (const loss of lost) this.#lose(loss);
    if (exported) for (const loss of exported.newLosses()) this.#lose(loss);
    if (snapshot) {
      exported?.beginSnapshot(snapshot);
      for (const { renderer } of outputs) renderer.beginSnapshot?.(snapshot);
    }
    for (const row of rows) {
      this.#events++;
      let full = false;
      for (let i = 0; i < outputs.length; i++) {
        const { renderer } = outputs[i] as Output<Row>;
        renderer.row(row);
        full ||= renderer.out.full;
      }
      exported?.row(row);
      if (full) await this.#flush();
      if (this.#events >= maxEvents) {
        this.#end.abort();
        break;
      }
    }
    if (snapshot) {
      exported?.endSnapshot();
      for (const { renderer } of outputs) renderer.endSnapshot?.();
    }
    await this.#flush();
    return this.#events >= maxEvents;
  }

  #lose(loss: Lost): void {
    const { cause, count } = loss;
    if (cause === 'truncated') this.#truncated += count;
    else if (cause !== 'recursion' && !isUnsent(cause)) this.#lost += count;
    this.#losses.add(loss);
    this.#exported?.lost(loss);
    for (const { renderer } of this.#outputs) renderer.lost?.(loss);
  }

  /** What the collector takes in time is sent, what it does not is a loss. */
  async #endExport(): Promise<void> {
    const exported = this.#exported;
    if (exported === undefined) return;
    this.#unsent = await exported.close();
    for (const loss of exported.newLosses()) this.#lose(loss);
  }

  async #flush(): Promise<void> {
    for (const output of this.#outputs) {
      const pending = output.flush();
      if (pending) await pending;
    }
  }

  /** After a failure, what has been rendered still goes where it can. */
  async #salvage(): Promise<void> {
    for (const output of this.#outputs) {
      try {
        await output.flush();
      } catch {
        // The failure that is already on its way tells enough.
      }
    }
  }

  #banner(source: Source<Row>): void {
    const { quiet, verbose } = this.#values;
    if (this.#lists) {
      if (verbose) for (const note of source.notes()) say(`${this.#name}: ${note}`);
      return;
    }
    if (verbose) {
      const attachedMs = source.attachedMs ?? performance.now();
      say(`${this.#name}: attached ${attachedMs.toFixed(0)} ms after start`);
      for (const note of source.notes()) say(`${this.#name}: ${note}`);
    }
    if (quiet) return;
    const log = this.#log ? `, logging to ${this.#log.path}` : '';
    const metrics = this.#metricsAt === null ? '' : `, metrics at ${this.#metricsAt}`;
    say(`${this.#name}: tracing${log}${metrics}; Ctrl-C to end`);
  }
}
