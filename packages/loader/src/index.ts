export { extendedAttributes } from '@imagesnoop/bpf-core';
export type { Batch } from './batches.js';
export {
  DecodeError,
  LoaderError,
  PermissionError,
  UnsupportedError,
  UsageError,
} from './errors.js';
export type { Filters, NumberSet, TextSet } from './filters.js';
export type { InterfacePlan } from './interfaces/attacher.js';
export type { AttachedInterface } from './interfaces/namespace.js';
export { InterfaceWatch } from './interfaces/watch.js';
export { Layout, type SpanOptions } from './layout.js';
export type { Lost, LostCause } from './losses.js';
export { NamespaceMap } from './namespace-map.js';
export { openTracer, type TracerSettings } from './open.js';
export { OwnerKey, type OwnerReaders, ownerReaders } from './owner.js';
export { appendPath, type ByteRun, leadsOut } from './path-bytes.js';
export type { HookAlternative, HookChoice, HookPlan, TracerPlan } from './plan.js';
export type { DropOptions } from './privileges.js';
export { processTreeHooks } from './process-tree.js';
export { Cursor, type Read, type ReadBytes, type ReadText, type Span } from './record.js';
export { requireCapabilities } from './refusal.js';
export {
  type ContainerDirectory,
  type ContainerSelection,
  type ContainerSelector,
  openSession,
  Session,
  type SessionOptions,
} from './session.js';
export { type ContainerSet, Tracer } from './tracer.js';
