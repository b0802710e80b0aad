import type { Containers } from '@imagesnoop/containers';
import type { TracerPlan } from '@imagesnoop/loader';
import { events, type LostEvent, type Source } from '@imagesnoop/output';
import { type Capture, type CaptureOptions, openCapture } from './capture/capture.js';
import { type CallEvent, type ColumnOptions, callFields } from './columns.js';
import { type FileOptions, Files, ProtoFolder } from './files.js';
import type { RowFilters } from './filter.js';
import { hooks } from './hooks.js';
import type { LiveSchema } from './live-schema.js';
import type { Pipeline } from './pipeline.js';
import { programFor } from './programs.js';
import type { CallRow, RowType } from './rows.js';
import { type SchemaSources, Schemas } from './schemas.js';
import { closingLine } from './summary-line.js';
import { trigger } from './trigger.js';

export type { LostEvent } from '@imagesnoop/output';
export type { CallEvent } from './columns.js';
export type { RowFilters } from './filter.js';

export interface ContainerdCallsOptions extends CaptureOptions {
  /** What rows are about; default messages: `request` and `response`. */
  readonly types?: readonly RowType[] | undefined;
  /** Which rows; `filters` are those of the kernel, about clients. */
  readonly rows?: Omit<RowFilters, 'types'>;
  /** Hide credentials, environment variables and tokens; default true. */
  readonly redact?: boolean;
  /** Descriptions of services that come before those of the servers' executables. */
  readonly schema?: SchemaSources;
}

interface OwnOptions extends ColumnOptions, FileOptions {
  /** False if nobody asks what the messages of calls say. */
  readonly content?: boolean;
  /** Folder for .proto files of what is known of services. */
  readonly emitProtos?: string | undefined;
}

/** What the kernel is asked for, for those who ask whether it can. */
export const plan: TracerPlan = {
  object: new URL('../bpf/containerdsnoop.bpf.o', import.meta.url),
  hooks,
  programs: ['open_files'],
  trigger,
  // A message is of its client, whoever has written or read it: only the kernel knows both.
  aggregates: true,
};

const MESSAGES: readonly RowType[] = ['request', 'response'];

/**
 * Every message of the gRPC, ttrpc and HTTP calls on the given sockets, from when the first event is
 * asked for until `signal` aborts or the loop is left. Connections that are open already are decoded
 * from the next frame on. Unlike the command, it does not give up root unless `drop` is set: the
 * process is yours.
 *
 * @throws what `openSession()` of the loader throws, `DAEMON_NOT_RUNNING`, `ADDRESS_INVALID`,
 *   `SCHEMA_*` (docs/errors.md)
 *
 * @example
 * for await (const event of containerdCalls({ types: ['call'], signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'call') console.log(event.peer?.comm, event.method, event.status);
 * }
 */
export async function* containerdCalls({
  signal,
  ...options
}: ContainerdCallsOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  CallEvent | LostEvent,
  void,
  void
> {
  yield* events<CallEvent, CallRow>(await openContainerdCalls({ drop: false, ...options }), signal);
}

const loadPipeline = () => import('./pipeline.js');

/** Attaches; messages flow when it resolves. */
export async function openContainerdCalls({
  types = MESSAGES,
  rows = {},
  redact = true,
  schema: sources = {},
  emitProtos,
  ...options
}: ContainerdCallsOptions & OwnOptions): Promise<Source<CallRow>> {
  const schemas = new Schemas();
  const files = await Files.open(options);
  let capture: Capture<Containers> | undefined;
  try {
    const folder = emitProtos === undefined ? undefined : new ProtoFolder(emitProtos);
    await schemas.open(sources);
    capture = await openCapture(plan, openContainers, options, async ({ listeners, unserved }) => {
      // What is loaded later lies in files that may be root's alone.
      await Promise.all([loadPipeline(), schemas.openServers(listeners, programsFor(unserved))]);
    });
    const { session } = capture;
    const schema = schemas.live.begin(await schemas.read());
    await folder?.write(schema);
    const { Pipeline } = await loadPipeline();
    const { content = true } = options;
    const { sinks } = files;
    const pipeline = new Pipeline({ schema, types, filters: rows, redact, content, sinks });
    await files.begin({ schema, redact }, pipeline.contents);
    return liveSource(capture, pipeline, files, schema, {
      fields: callFields(
        pipeline.contents,
        ({ mntns, cgroupId, pid }) => session.containers.json(mntns, cgroupId, pid),
        { ...options, messages: areMessages(types) },
      ),
      notes: () => [...session.notes(), ...schemas.notes, ...schema.notes],
    });
  } catch (error) {
    await schemas.close();
    files.close();
    capture?.close();
    throw error;
  }
}

/**
 * The messages of a recording that `-w` wrote.
 *
 * @throws `CAPTURE_FILE_OPEN_FAILED`, `RECORD_UNKNOWN`, `SCHEMA_*`
 */
export async function openRecordedCalls({
  types = MESSAGES,
  emitProtos,
  ...options
}: Pick<ContainerdCallsOptions, 'types' | 'rows' | 'redact' | 'schema'> &
  OwnOptions & { readonly path: string }): Promise<Source<CallRow>> {
  const { openReplay } = await import('./replayed.js');
  const files = await Files.open(options);
  const protos = emitProtos === undefined ? undefined : new ProtoFolder(emitProtos);
  return openReplay({ ...options, types, files, protos, messages: areMessages(types) });
}

function areMessages(types: readonly RowType[]): boolean {
  return types.some((type) => type !== 'call');
}

function liveSource(
  capture: Capture,
  pipeline: Pipeline,
  files: Files,
  schema: LiveSchema,
  shown: Pick<Source<CallRow>, 'fields' | 'notes'>,
): Source<CallRow> {
  return {
    ...shown,
    batches: (signal) => batches(capture, pipeline, schema, signal),
    bufferFill: () => capture.session.tracer.bufferFill,
    attachedMs: capture.session.attachedMs,
    summary: (summary) => closingLine(summary, capture.unseen(), pipeline.stats()),
    close() {
      files.close();
      capture.close();
    },
  };
}

async function* batches(
  capture: Capture,
  pipeline: Pipeline,
  schema: LiveSchema,
  signal: AbortSignal,
) {
  for await (const { chunks, lost } of capture.batches(signal)) {
    await schema.follow();
    yield { rows: pipeline.rows(chunks), lost };
  }
  yield { rows: pipeline.end(), lost: [] };
}

function programsFor(addresses: readonly { readonly name: string }[]): string[] {
  const programs = addresses.map(({ name }) => programFor(name));
  return programs.filter((path) => path !== undefined);
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();
