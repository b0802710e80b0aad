import type { Chunk } from './chunk.js';
import type { Limits } from './limits.js';
import type { Call, Message, Undecoded } from './message.js';
import type { Schema } from './schema/schema.js';

export interface DecoderOptions {
  schema: Schema;
  limits?: Partial<Limits>;
  onMessage(message: Message): void;
  onCall(call: Call): void;
  onUndecoded(undecoded: Undecoded): void;
}

/** What a decoder has seen so far. */
export interface DecoderStats {
  /** Open now. */
  connections: number;
  messages: number;
  calls: number;
  /** Bytes taken in. */
  bytes: number;
  /** Bytes that no message came out of, by cause. */
  undecoded: Readonly<Record<Undecoded['cause'], number>>;
  /** Held in memory now. */
  bufferedBytes: number;
}

/** Turns what was seen on connections into messages and calls. */
export class Decoder {
  constructor(options: DecoderOptions) {
    void options;
  }

  push(chunk: Chunk): void {
    void chunk;
  }

  expire(tsNs: number): void {
    void tsNs;
  }

  end(): void {}

  stats(): DecoderStats {
    throw new Error('not yet');
  }
}
