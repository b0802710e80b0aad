import type { Batch, Lost, Source } from '@imagesnoop/output';
import { openBundledSchema } from './bundled-schema.js';
import { type ColumnOptions, callFields } from './columns.js';
import { type Schema, schemaFromDescriptorSet } from './decode/schema/index.js';
import type { Files, ProtoFolder } from './files.js';
import type { RowFilters } from './filter.js';
import { Pipeline } from './pipeline.js';
import type { CallRow, RowType } from './rows.js';
import { type SchemaSources, Schemas } from './schemas.js';
import { type RecordEnd, Recording, relabel } from './sinks/index.js';
import { closingLine } from './summary-line.js';

export interface ReplayOptions extends ColumnOptions {
  /** Written by `-w`. */
  readonly path: string;
  readonly types: readonly RowType[];
  readonly rows?: Omit<RowFilters, 'types'>;
  readonly redact?: boolean;
  readonly schema?: SchemaSources;
  readonly files: Files;
  readonly protos?: ProtoFolder | undefined;
}

const NO_OWNER = { container: null, k8s: null };

/**
 * The messages of a recording, as fast as they can be read; needs no privileges.
 *
 * @throws SinkError `CAPTURE_FILE_OPEN_FAILED`, `RECORD_UNKNOWN`; `SCHEMA_*`
 */
export async function openReplay(options: ReplayOptions): Promise<Source<CallRow>> {
  const { path, types, rows = {}, redact = true, files } = options;
  const recording = await Recording.open(path);
  const schemas = new Schemas();
  await schemas.open(options.schema ?? {});
  const schema = (await schemas.given()) ?? (await schemaOf(recording));
  await options.protos?.write(schema);
  const pipeline = new Pipeline({
    schema,
    types,
    filters: rows,
    redact,
    sinks: files.sinks,
    ...(recording.about?.redacted === true ? { adjust: relabel } : {}),
  });
  await files.begin({ schema, redact }, pipeline.contents);
  const timeShiftNs = shiftOf(recording);
  return {
    fields: callFields(pipeline.contents, () => NO_OWNER, { ...options, timeShiftNs }),
    batches: (signal) => batches(recording, pipeline, signal),
    notes: () => [`replaying ${path}`, ...schemas.notes],
    summary: (summary) => closingLine(summary, {}, pipeline.stats()),
    async close() {
      files.close();
      await recording.close();
    },
  };
}

async function* batches(
  recording: Recording,
  pipeline: Pipeline,
  signal: AbortSignal,
): AsyncGenerator<Batch<CallRow>, void, void> {
  const blocks = recording.blocks();
  let lost: Lost[] = [];
  while (!signal.aborted) {
    const block = await blocks.next();
    if (block.done === true) {
      lost = endOf(block.value);
      break;
    }
    yield { rows: pipeline.rows(block.value), lost };
  }
  yield { rows: pipeline.end(), lost };
}

/** A recording that was cut short is told. */
function endOf(end: RecordEnd): Lost[] {
  if (end === 'whole') return [];
  const what = end === 'cut' ? 'ends in the middle' : 'is damaged: what follows is left out';
  return [{ count: 1, cause: 'decode', total: 1, hint: `The recording ${what}.` }];
}

async function schemaOf({ schema }: Recording): Promise<Schema> {
  return schema === null ? (await openBundledSchema())() : schemaFromDescriptorSet(schema);
}

/** From the time of day here to that of the recording; 0 where it is not told. */
function shiftOf({ about }: Recording): number {
  if (about === null) return 0;
  const here = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return Number(BigInt(about.wall_offset_ns) - here);
}
