// The decoders alone, for any stream of bytes: `@imagesnoop/containerdsnoop/decode`.
export { RecordReader } from '../sinks/record-reader.js';
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
export { MessagePrinter, type PrinterOptions, type TextOptions } from './protobuf/index.js';
export {
  emitProtos,
  joinSchemas,
  type Schema,
  schemaFromDescriptorSet,
  schemaFromExecutable,
  schemaFromProtoFiles,
} from './schema/index.js';
