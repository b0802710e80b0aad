export { TelemetryError } from './errors.js';
export type { MetricRole } from './fields.js';
export type { Lost } from './losses.js';
export type { Settings } from './messages.js';
export type { Labels, Metric } from './metric.js';
export { MAX_WAITING_BYTES, type Outbox } from './outbox.js';
export type { Tally } from './tally.js';
export { type Closing, openTelemetry, type Telemetry, type TelemetryField } from './telemetry.js';
