import type { Containers } from '@imagesnoop/containers';
import { type Cursor, openSession, type SessionOptions, type TracerPlan } from '@imagesnoop/loader';
import { type Batch, events, type LostEvent, type Source, wantedRows } from '@imagesnoop/output';
import { type ColumnOptions, type MkdirEvent, mkdirFields } from './columns.js';
import { MKDIR_EVENT, mkdirReaders } from './event.js';
import { hooks } from './hooks.js';
import { HostMounts } from './host-mounts.js';
import { MOUNTS_EVENT, NamespaceMounts } from './namespace-mounts.js';
import { pathFilter } from './path-filter.js';
import { trigger } from './trigger.js';

export type { LostEvent } from '@imagesnoop/output';
export type { MkdirEvent } from './columns.js';

/** Which programs see mkdir; `loader doctor` tries it. */
export const plan: TracerPlan = {
  object: new URL('../bpf/mkdirsnoop.bpf.o', import.meta.url),
  hooks,
  trigger,
};

export interface MkdirsOptions extends SessionOptions {
  /** Glob that `path` or `host_path` must match, e.g. `/var/lib/**`. */
  readonly path?: string | undefined;
  /** Only calls that failed. */
  readonly failedOnly?: boolean;
}

/**
 * Every mkdir(2) and mkdirat(2) on this machine, from when the first event is asked for until
 * `signal` aborts or the loop is left. Unlike the command, it does not give up root unless `drop` is
 * set: the process is yours.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, ... (docs/errors.md)
 *
 * @example
 * for await (const event of mkdirs({ signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'mkdir') console.log(event.comm, event.path, event.error);
 * }
 */
export async function* mkdirs({
  signal,
  ...options
}: MkdirsOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  MkdirEvent | LostEvent,
  void,
  void
> {
  const source = await openMkdirs({ drop: false, ...options });
  yield* events<MkdirEvent, Cursor>(source, signal);
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

/** Attaches; events flow when it resolves. */
export async function openMkdirs({
  path,
  failedOnly = false,
  showUid = false,
  ...options
}: MkdirsOptions & ColumnOptions): Promise<Source<Cursor>> {
  const mounts = new HostMounts();
  const rodata = {
    cfg_host_mntns: mounts.mntns,
    cfg_host_root_dev: mounts.rootDevice,
    filter_failed_only: failedOnly,
  };
  const session = await openSession(plan, openContainers, { ...options, rodata });
  const { tracer, containers } = session;
  const others = new NamespaceMounts(
    tracer.layout('mounts_event', MOUNTS_EVENT),
    tracer.layout('mount_entry'), // part of a record: no record is shorter
  );
  const read = mkdirReaders(tracer.layout('mkdir_event', MKDIR_EVENT), mounts, others);
  const { owner } = read;
  const wanted = await pathFilter(path, read.paths);
  const whose = (row: Cursor) =>
    containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  const fields = mkdirFields(
    read,
    { ...owner, container: (row) => whose(row).container, k8s: (row) => whose(row).k8s },
    { showUid },
  );
  return {
    fields,
    bufferFill: () => session.tracer.bufferFill,
    attachedMs: session.attachedMs,
    batches: (signal) =>
      mkdirsOf(tracer.batches(signal), (row) => !others.learn(row) && (wanted?.(row) ?? true)),
    notes: () => session.notes(),
    close() {
      session.close();
      mounts.close();
    },
  };
}

async function* mkdirsOf(
  batches: AsyncIterable<Batch<Cursor>>,
  isWanted: (row: Cursor) => boolean,
): AsyncGenerator<Batch<Cursor>, void, void> {
  for await (const { rows, lost } of batches) yield { rows: wantedRows(rows, isWanted), lost };
}
