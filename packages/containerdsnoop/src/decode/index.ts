// The decoders alone: no kernel, no files. `@imagesnoop/containerdsnoop/decode`.
export type { Chunk, Peer } from './chunk.js';
export { Decoder, type DecoderOptions, type DecoderStats } from './decoder.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export type {
  Call,
  CallEnd,
  Headers,
  HttpInfo,
  Label,
  Message,
  PathSource,
  Protocol,
  Undecoded,
  UndecodedCause,
} from './message.js';
