export { type ByteRun, byteRun } from './byte-run.js';
export { ByteWriter, type Prepared, prepare } from './byte-writer.js';
export { type Command, type CommandLine, type Doing, runCommand } from './command.js';
export { Csv } from './csv.js';
export { displayBytes, displayText, displayWidth, truncate, truncateStart } from './display.js';
export { Distribution } from './distribution.js';
export { errnoName } from './errno.js';
export { OutputError, UsageError } from './errors.js';
export { events, type LostEvent } from './events.js';
export { FewTexts } from './few-texts.js';
export {
  type Column,
  type ColumnOptions,
  type Field,
  type FieldKind,
  type FieldOptions,
  field,
  type Read,
  type Schema,
} from './field.js';
export * as fields from './fields.js';
export { FileSink } from './file-sink.js';
export { type HistogramOptions, log2Histogram, log2Slot } from './histogram.js';
export { ipText } from './ip-text.js';
export { JsonLines } from './json-lines.js';
export { decodeText, JsonWriter } from './json-writer.js';
export { LiveScreen, type ScreenSize } from './live-screen.js';
export { fieldsMarkdown, optionsMarkdown } from './markdown.js';
export type { Cidr, CidrSet } from './options/cidr.js';
export {
  type CommonFilters,
  type CommonTracing,
  type CommonValues,
  commonFilters,
  commonOptions,
  commonTracing,
} from './options/common.js';
export * as options from './options/kinds.js';
export type { NameSet, NumberSet } from './options/lists.js';
export type { Option, Options, Values } from './options/option.js';
export {
  containerFields,
  type Owner,
  type OwnerEvent,
  type OwnerFields,
  ownerFields,
} from './owner-fields.js';
export { type HistogramPlot, plotHistogram } from './plot/histogram-plot.js';
export { renderPng } from './plot/png.js';
export { renderSvg } from './plot/svg.js';
export type { Renderer } from './renderer.js';
export { reportError, say } from './report.js';
export { commonOf, type Opening, runTool, type Tool, type ToolValues } from './run.js';
export { jsonSchema, type SchemaOptions } from './schema.js';
export { isSuspicious, REDACTED, redact } from './secrets.js';
export { type Section, Sections } from './sections.js';
export {
  atEnd,
  type Batch,
  type Lost,
  type Snapshot,
  type Source,
  type Summary,
} from './source.js';
export { type Screen, Table } from './table.js';
export type { ByteRange, BytesRow } from './text-fields.js';
export { bytesText, nanosecondsText, rateText } from './units.js';
export { unread } from './unread.js';
export { packageVersion } from './version.js';
export { wantedRows } from './wanted-rows.js';
