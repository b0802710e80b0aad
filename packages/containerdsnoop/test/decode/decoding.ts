import type { Chunk } from '../../src/decode/chunk.js';
import { Decoder, type DecoderStats } from '../../src/decode/decoder.js';
import type { Limits } from '../../src/decode/limits.js';
import type { Call, Message, Undecoded } from '../../src/decode/message.js';
import type { Schema } from '../../src/decode/schema/schema.js';

export const NO_SCHEMA: Schema = {
  methods: new Map(),
  type: () => undefined,
  files: [],
  set: new Uint8Array(),
};

/** A message whose bytes stay what they were. */
export type KeptMessage = Omit<Message, 'bytes'> & { bytes: Buffer | null };

export interface Decoded {
  messages: KeptMessage[];
  calls: Call[];
  undecoded: Undecoded[];
  stats: DecoderStats;
}

/** Everything that a decoder makes of chunks. */
export function decode(
  chunks: Iterable<Chunk>,
  schema: Schema = NO_SCHEMA,
  limits: Partial<Limits> = {},
): Decoded {
  const messages: KeptMessage[] = [];
  const calls: Call[] = [];
  const undecoded: Undecoded[] = [];
  const decoder = new Decoder({
    schema,
    limits,
    onMessage: (message) =>
      messages.push({ ...message, bytes: message.bytes && Buffer.from(message.bytes) }),
    onCall: (call) => calls.push(call),
    onUndecoded: (each) => undecoded.push(each),
  });
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return { messages, calls, undecoded, stats: decoder.stats() };
}

export const lostBytes = ({ stats }: Decoded) =>
  Object.values(stats.undecoded).reduce((sum, bytes) => sum + bytes, 0);
