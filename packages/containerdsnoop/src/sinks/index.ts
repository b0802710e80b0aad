export {
  type CaptureSink,
  type CaptureSinkOptions,
  openPcapSink,
  openRecordSink,
} from './capture-sinks.js';
export { SinkError } from './errors.js';
export type { RecordEnd } from './record-reader.js';
export { Recording, relabel } from './replay.js';
export { type Sequence, type SequenceOptions, SequenceSink } from './sequence.js';
export { openSequenceFile } from './sequence-file.js';
