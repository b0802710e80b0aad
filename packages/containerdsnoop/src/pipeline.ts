import { Contents, NO_CONTENT } from './content.js';
import type { Chunk } from './decode/chunk.js';
import { Decoder, type DecoderStats } from './decode/decoder.js';
import type { Call, Message } from './decode/message.js';
import type { Schema } from './decode/schema/schema.js';
import { type RowFilters, rowFilter } from './filter.js';
import { Pairs } from './pairs.js';
import { type CallRow, callRow, messageRow, type RowType } from './rows.js';

/** What else wants what passes through: recordings, diagrams, counts. Called in this order. */
export interface Sink {
  chunk?(chunk: Chunk): void;
  message?(message: Message): void;
  call?(call: Call): void;
}

export interface PipelineOptions {
  readonly schema: Schema;
  /** What rows are about. */
  readonly types: readonly RowType[];
  readonly filters?: Omit<RowFilters, 'types'>;
  /** Default true. */
  readonly redact?: boolean;
  /** False if nobody asks what the messages of calls say. Default true. */
  readonly content?: boolean;
  readonly sinks?: readonly Sink[];
  /** Corrects a message or a call before anybody sees it. */
  readonly adjust?: (of: Message | Call) => void;
}

/** How often silent connections are looked for, in time of the capture. */
const EXPIRE_NS = 10e9;

/** From chunks to rows. */
export class Pipeline {
  readonly contents: Contents;
  readonly #decoder: Decoder;
  readonly #pairs: Pairs | undefined;
  readonly #showsMessages: boolean;
  readonly #showsCalls: boolean;
  readonly #isWanted: (row: CallRow) => boolean;
  readonly #sinks: readonly Sink[];
  readonly #adjust: ((of: Message | Call) => void) | undefined;
  #rows: CallRow[] = [];
  #expiredNs = 0;

  constructor(options: PipelineOptions) {
    const { schema, types, filters = {}, redact = true, content = true } = options;
    const { sinks = [], adjust } = options;
    this.#adjust = adjust;
    this.contents = new Contents(schema, redact);
    this.#isWanted = rowFilter({ ...filters, types });
    this.#showsMessages = types.some((type) => type !== 'call');
    this.#showsCalls = types.includes('call');
    this.#pairs = this.#showsCalls && content ? new Pairs() : undefined;
    this.#sinks = sinks;
    this.#decoder = new Decoder({
      schema,
      onMessage: (message) => this.#onMessage(message),
      onCall: (call) => this.#onCall(call),
      onUndecoded: () => {},
    });
  }

  /** Each row is valid until the next one is asked for. */
  *rows(chunks: Iterable<Chunk>): Generator<CallRow, void, void> {
    for (const chunk of chunks) {
      this.#push(chunk);
      if (this.#rows.length === 0) continue;
      for (const row of this.#take()) yield row;
      this.contents.forget();
    }
  }

  /** Calls that are under way when the capture ends. */
  *end(): Generator<CallRow, void, void> {
    this.#decoder.end();
    yield* this.#take();
  }

  stats(): DecoderStats {
    return this.#decoder.stats();
  }

  #push(chunk: Chunk): void {
    for (const sink of this.#sinks) sink.chunk?.(chunk);
    this.#decoder.push(chunk);
    if (chunk.tsNs - this.#expiredNs > EXPIRE_NS) {
      this.#expiredNs = chunk.tsNs;
      this.#decoder.expire(chunk.tsNs);
    }
  }

  #take(): readonly CallRow[] {
    const rows = this.#rows;
    if (rows.length > 0) this.#rows = [];
    return rows;
  }

  #onMessage(message: Message): void {
    this.#adjust?.(message);
    for (const sink of this.#sinks) sink.message?.(message);
    this.#pairs?.add(message, (one) => this.contents.of(one, true));
    if (!this.#showsMessages) return;
    const content = this.contents.of(message, false);
    const method = this.contents.method(message.method, message.protocol);
    this.#put(messageRow(message, content, method));
  }

  #onCall(call: Call): void {
    this.#adjust?.(call);
    for (const sink of this.#sinks) sink.call?.(call);
    if (!this.#showsCalls) return;
    const method = this.contents.method(call.method, call.protocol);
    this.#put(callRow(call, this.#pairs?.take(call) ?? NO_CONTENT, method));
  }

  #put(row: CallRow): void {
    if (this.#isWanted(row)) this.#rows.push(row);
  }
}
