import { closeSync, openSync, statSync } from 'node:fs';
import type { Containers } from '@imagesnoop/containers';
import {
  type Cursor,
  type HookPlan,
  openSession,
  type Session,
  type SessionOptions,
  type TracerPlan,
} from '@imagesnoop/loader';
import { events, type LostEvent, type Source } from '@imagesnoop/output';
import { type WatchEvent, watchFields, watchReaders } from './columns.js';
import { hooks } from './hooks.js';

/** enum watch_event_type in bpf/sneakpeek.h */
const WATCH_EVENT = 1;

/** Which programs see changes of files; `loader doctor` tries it. */
export const plan: TracerPlan = {
  object: new URL('../bpf/sneakpeek.bpf.o', import.meta.url),
  hooks,
  trigger: () => closeSync(openSync('/dev/null', 'r')),
};

export interface WatchOptions extends SessionOptions {
  /** Also what processes of the host change, in no container. */
  readonly host?: boolean;
  /** Arguments as they are, with passwords and tokens. */
  readonly showSecrets?: boolean;
}

/**
 * Every change of a file that a process in a container makes, from when the first event is asked for
 * until `signal` aborts or the loop is left. Containers that start meanwhile are there from their
 * first change on.
 *
 * @throws what `openSession()` of the loader throws: `HOOK_UNAVAILABLE`, `PERMISSION_MISSING`,
 *   `BTF_MISSING`, `CONTAINER_NOT_FOUND`, ... (docs/errors.md)
 *
 * @example
 * for await (const event of fileChanges({ select: { containers: ['web'] } })) {
 *   if (event.type === 'change') console.log(event.operation, event.path, event.comm);
 * }
 */
export async function* fileChanges({
  signal,
  ...options
}: WatchOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  WatchEvent | LostEvent,
  void,
  void
> {
  yield* events<WatchEvent, Cursor>(await openWatch({ drop: false, ...options }), signal);
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<Containers> =>
  (await import('@imagesnoop/containers')).Containers.open();

/** What is counted besides changes of files. */
const countingHooks: HookPlan = {
  ...hooks,
  exec: [{ name: 'tracepoint', programs: ['count_exec_tp'], selfTest: false }],
  connect: [{ name: 'tracepoint', programs: ['count_connect_tp'], selfTest: false }],
};

/**
 * Attaches.
 *
 * @param counts sums in the map `counts` instead of events
 */
export function openWatchSession(
  { host = false, ...options }: SessionOptions & Pick<WatchOptions, 'host'>,
  counts = false,
): Promise<Session<Containers>> {
  const rodata = { cfg_host_mntns: host ? 0 : hostMntns(), cfg_count: counts };
  const wanted = counts ? { ...plan, hooks: countingHooks } : plan;
  return openSession(wanted, openContainers, { ...options, rodata });
}

/** Attaches; events flow when it resolves. */
export async function openWatch({
  showSecrets = false,
  ...options
}: WatchOptions): Promise<Source<Cursor>> {
  const session = await openWatchSession(options);
  const { tracer, containers } = session;
  const read = watchReaders(tracer.layout('watch_event', WATCH_EVENT));
  const { owner } = read;
  const whose = (row: Cursor) =>
    containers.json(owner.mntns(row), owner.cgroupId(row), owner.pid(row));
  const several = options.select?.containers?.length !== 1;
  return {
    fields: watchFields(
      read,
      { ...owner, container: (row) => whose(row).container, k8s: (row) => whose(row).k8s },
      { several, showSecrets },
    ),
    bufferFill: () => session.tracer.bufferFill,
    attachedMs: session.attachedMs,
    batches: (signal) => tracer.batches(signal),
    notes: () => session.notes(),
    close: () => session.close(),
  };
}

/** The mount namespace of the first process, which no container has. */
function hostMntns(): number {
  try {
    return statSync('/proc/1/ns/mnt').ino;
  } catch {
    return statSync('/proc/self/ns/mnt').ino;
  }
}
