import type { Containers } from '@imagesnoop/containers';
import type { TracerPlan } from '@imagesnoop/loader';
import { events, type LostEvent, type Source } from '@imagesnoop/output';
import {
  type Capture,
  type CaptureOptions,
  openCapture,
  type UnseenBytes,
} from './capture/capture.js';
import { type CallEvent, type ColumnOptions, callFields } from './columns.js';
import type { DecoderStats } from './decode/decoder.js';
import type { Schema } from './decode/schema/schema.js';
import type { RowFilters } from './filter.js';
import { hooks } from './hooks.js';
import { Pipeline, type Sink } from './pipeline.js';
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

interface OwnOptions extends ColumnOptions {
  readonly sinks?: readonly Sink[];
  /** Called with what is known of services, before the first row. */
  readonly onSchema?: (schema: Schema) => Promise<void> | void;
}

/** What the kernel is asked for, for those who ask whether it can. */
export const plan: TracerPlan = {
  object: new URL('../bpf/containerdsnoop.bpf.o', import.meta.url),
  hooks,
  programs: ['open_files'],
  trigger,
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

/** Attaches; messages flow when it resolves. */
export async function openContainerdCalls({
  types = MESSAGES,
  rows,
  redact = true,
  schema: sources = {},
  sinks = [],
  onSchema,
  completeContent,
  narrow,
  ...options
}: ContainerdCallsOptions & OwnOptions): Promise<Source<CallRow>> {
  const schemas = new Schemas();
  let capture: Capture<Containers> | undefined;
  try {
    await schemas.open(sources);
    capture = await openCapture(plan, openContainers, options, (listeners) =>
      schemas.openServers(listeners),
    );
    const { attachedMs, containers } = capture.session;
    const schema = await schemas.read();
    await onSchema?.(schema);
    const pipeline = new Pipeline({ schema, types, filters: rows ?? {}, redact, sinks });
    const calls = types.length === 1 && types[0] === 'call';
    return {
      fields: callFields(
        pipeline.contents,
        ({ mntns, cgroupId, pid }) => containers.json(mntns, cgroupId, pid),
        { calls, ...(completeContent ? { completeContent } : {}), ...(narrow ? { narrow } : {}) },
      ),
      batches: (signal) => batches(capture as Capture, pipeline, signal),
      attachedMs,
      notes: () => [...(capture as Capture).session.notes(), ...schemas.notes],
      summary: (summary) => closingLine(summary, unseenOf(capture as Capture), pipeline.stats()),
      close: () => capture?.close(),
    };
  } catch (error) {
    await schemas.close();
    capture?.close();
    throw error;
  }
}

async function* batches(capture: Capture, pipeline: Pipeline, signal: AbortSignal) {
  for await (const { chunks, lost } of capture.batches(signal))
    yield { rows: pipeline.rows(chunks), lost };
  yield { rows: pipeline.end(), lost: [] };
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

function unseenOf(capture: Capture): UnseenBytes {
  return capture.unseen();
}

export type { DecoderStats };
