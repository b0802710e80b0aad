import type { Containers } from '@imagesnoop/containers';
import { type Cursor, openSession, type SessionOptions } from '@imagesnoop/loader';
import { events, type LostEvent, type Source } from '@imagesnoop/output';
import { type ColumnOptions, type ContainerdsnoopEvent, containerdsnoopFields } from './columns.js';
import { containerdsnoopReaders } from './event.js';
import { hooks } from './hooks.js';
import { trigger } from './trigger.js';

export type { LostEvent } from '@imagesnoop/output';
export type { ContainerdsnoopEvent } from './columns.js';

/**
 * Every chdir(2) on this machine, from when the first event is asked for until `signal` aborts or
 * the loop is left. Unlike the command, it does not give up root unless `drop` is set: the process
 * is yours.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, ... (docs/errors.md)
 *
 * @example
 * for await (const event of containerdsnoop({ signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'chdir') console.log(event.comm, event.path, event.error);
 * }
 */
export async function* containerdsnoop({
  signal,
  ...options
}: SessionOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  ContainerdsnoopEvent | LostEvent,
  void,
  void
> {
  const source = await openContainerdsnoop({ drop: false, ...options });
  yield* events<ContainerdsnoopEvent, Cursor>(source, signal);
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

/** Attaches; events flow when it resolves. */
export async function openContainerdsnoop({
  showUid = false,
  ...options
}: SessionOptions & ColumnOptions): Promise<Source<Cursor>> {
  const object = new URL('../bpf/containerdsnoop.bpf.o', import.meta.url);
  const session = await openSession({ object, hooks, trigger }, openContainers, options);
  const read = containerdsnoopReaders(session.tracer.layout('containerdsnoop_event'));
  const { owner } = read;
  const { containers } = session;
  const whose = (row: Cursor) =>
    containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  return {
    fields: containerdsnoopFields(
      read,
      { ...owner, container: (row) => whose(row).container, k8s: (row) => whose(row).k8s },
      { showUid },
    ),
    batches: (signal) => session.tracer.batches(signal),
    notes: () => session.notes(),
    close: () => session.close(),
  };
}
