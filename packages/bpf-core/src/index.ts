export { Btf } from './btf.js';
export { BpfError, type BpfErrorDetails, errnoName } from './errors.js';
export { extendedAttributes } from './extended-attributes.js';
export * as features from './features.js';
export { inNetns, possibleCpus } from './features.js';
export type { Field, FieldType, StructLayout } from './layout.js';
export { Link } from './link.js';
export { BpfMap, type MapInfo } from './map.js';
export {
  InterfaceMonitor,
  interfaces,
  LoadedProgram,
  type NetworkInterface,
  removeTcFilter,
  type TcFilterInfo,
  tcFilters,
} from './network.js';
export { BpfObject, type OpenOptions } from './object.js';
export * as privileges from './privileges.js';
export {
  BpfProgram,
  type IterOptions,
  type KprobeOptions,
  type ProgramInfo,
  type TcPlace,
  type TestRunOptions,
  type TestRunResult,
  type UprobeOptions,
} from './program.js';
export { type OnBatch, RingBuffer, type RingBufferOptions } from './ring-buffer.js';
