import type { Containers } from '@imagesnoop/containers';
import { type Cursor, openSession, type SessionOptions } from '@imagesnoop/loader';
import { events, type LostEvent, type Source } from '@imagesnoop/output';
import { type ColumnOptions, type __Name__Event, __cName__Fields } from './columns.js';
import { __cName__Readers } from './event.js';
import { hooks } from './hooks.js';
import { trigger } from './trigger.js';

export type { LostEvent } from '@imagesnoop/output';
export type { __Name__Event } from './columns.js';

/**
 * Every chdir(2) on this machine, from when the first event is asked for until `signal` aborts or
 * the loop is left. Unlike the command, it does not give up root unless `drop` is set: the process
 * is yours.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, ... (docs/errors.md)
 *
 * @example
 * for await (const event of __cName__({ signal: AbortSignal.timeout(5000) })) {
 *   if (event.type === 'chdir') console.log(event.comm, event.path, event.error);
 * }
 */
export async function* __cName__({
  signal,
  ...options
}: SessionOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  __Name__Event | LostEvent,
  void,
  void
> {
  const source = await open__Name__({ drop: false, ...options });
  yield* events<__Name__Event, Cursor>(source, signal);
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

/** Attaches; events flow when it resolves. */
export async function open__Name__({
  showUid = false,
  ...options
}: SessionOptions & ColumnOptions): Promise<Source<Cursor>> {
  const object = new URL('../bpf/__name__.bpf.o', import.meta.url);
  const session = await openSession({ object, hooks, trigger }, openContainers, options);
  const read = __cName__Readers(session.tracer.layout('__c_name___event'));
  const { owner } = read;
  const { containers } = session;
  const whose = (row: Cursor) =>
    containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  return {
    fields: __cName__Fields(
      read,
      { ...owner, container: (row) => whose(row).container, k8s: (row) => whose(row).k8s },
      { showUid },
    ),
    batches: (signal) => session.tracer.batches(signal),
    notes: () => session.notes(),
    close: () => session.close(),
  };
}
