import { statSync } from 'node:fs';
import {
  type InterfacePlan,
  InterfaceWatch,
  type Session as LoaderSession,
  openSession,
  type SessionOptions,
  type Tracer,
  type TracerPlan,
} from '@imagesnoop/loader';
import { events, type LostEvent, type Source } from '@imagesnoop/output';
import type { SessionEvent, SessionRow } from './columns.js';
import { EVENT, SessionReader } from './event.js';
import { hooks } from './hooks.js';
import { ContainerNamespaces, OWN_NAMESPACE, pathsOf } from './network-namespaces.js';
import { type Pictures, sessionSource } from './source.js';

export type { LostEvent } from '@imagesnoop/output';
export type { SessionEvent } from './columns.js';

export interface TrackerOptions extends SessionOptions, Pictures {
  /** Patterns of names, as `eth0`, `veth*`, `!docker0`. Default: those up that carry a route. */
  readonly interfaces?: readonly string[];
  /** Network namespaces by the names of ip-netns(8) or by process id. Default: our own. */
  readonly netns?: readonly string[];
  /** Sessions that have room; default 65,536. */
  readonly maxSessions?: number | undefined;
}

export const plan: TracerPlan = {
  object: new URL('../bpf/tc-tracker.bpf.o', import.meta.url),
  hooks,
};

/**
 * TCP sessions of network interfaces: an event for each that is open at every interval, and one for
 * each that ends. From when the first event is asked for until `signal` aborts or the loop is left.
 * Unlike the command, it does not give up root unless `drop` is set: the process is yours.
 *
 * @throws what `openSession()` of the loader throws, `INTERFACE_NOT_FOUND`, `NETNS_NOT_FOUND`, ...
 *   (docs/errors.md)
 *
 * @example
 * for await (const event of sessions({ interfaces: ['eth0'], intervalMs: 1000 })) {
 *   if (event.type === 'session' && event.when === 'end') console.log(event.daddr, event.duration_ns);
 * }
 */
export async function* sessions({
  signal,
  ...options
}: TrackerOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  SessionEvent | LostEvent,
  void,
  void
> {
  yield* events<SessionEvent, SessionRow>(await openSessions({ drop: false, ...options }), signal);
}

/** Loads and attaches; packets are counted when it resolves. */
export async function openSessions({
  interfaces = [],
  netns = [],
  maxSessions,
  drop = true,
  ...options
}: TrackerOptions): Promise<Source<SessionRow>> {
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // whoever reads the source hears of it
  let session: LoaderSession<ContainerNamespaces> | undefined;
  let attached: { readonly watch: InterfaceWatch; readonly attachedMs: number } | undefined;
  let chosen: ContainerNamespaces | undefined;
  const paths = (): readonly string[] =>
    netns.length > 0 ? pathsOf(netns) : (chosen?.paths ?? [OWN_NAMESPACE]);
  try {
    session = await openSession(
      plan,
      async () => {
        chosen = await openContainers();
        return chosen;
      },
      {
        ...options,
        drop: false,
        rodata: {
          ...options.rodata,
          cfg_filtered: isFiltered(options),
          cfg_netns: onlyNetns(netns, options),
        },
        ...(maxSessions === undefined ? {} : { mapSizes: { sessions: maxSessions } }),
      },
      (tracer) => {
        const watch = new InterfaceWatch(placesOf(tracer, interfaces), paths());
        attached = { watch, attachedMs: performance.now() };
      },
    );
    const { tracer, containers } = session;
    const { watch, attachedMs } = attached as NonNullable<typeof attached>;
    const follows = netns.length === 0 && containers.paths !== undefined;
    if (drop && process.geteuid?.() === 0) await watch.handOver(!follows, (error) => fail(error));
    if (follows) {
      containers.onChange = () => watch.follow(paths());
      containers.onChange(); // those that came while the first were attached to
    }
    const reader = new SessionReader(tracer.layout('session_record', EVENT.replaced));
    const source = sessionSource({ session, watch, reader, failed, attachedMs, pictures: options });
    if (drop) {
      await containers.ready;
      tracer.dropPrivileges();
    }
    return source;
  } catch (error) {
    await attached?.watch.close();
    session?.close();
    throw error;
  }
}

/** Programs that are loaded, for the interfaces that are wanted. */
function placesOf(tracer: Tracer, names: readonly string[]): InterfacePlan {
  const kind = tracer.hooks[0]?.chosen === 'clsact' ? 'clsact' : 'tcx';
  const [ingress = 0, egress = 0] = ['in', 'out'].map(
    (way) => tracer.object.program(`tc_tracker_${way}_${kind}`).info().id,
  );
  return { kind, ingress, egress, names };
}

/** Loaded when needed: attaching comes first. */
const openContainers = async (): Promise<ContainerNamespaces> => {
  const { Containers } = await import('@imagesnoop/containers');
  return new ContainerNamespaces(await Containers.open());
};

/**
 * Inode number of the namespace when there is but one, known beforehand: it spares the programs three
 * reads per packet. Else 0.
 */
function onlyNetns(given: readonly string[], { select }: SessionOptions): number {
  const byContainer = Object.values(select ?? {}).some((names) => names?.length);
  const [path = OWN_NAMESPACE, ...others] = pathsOf(given);
  if (others.length > 0 || (given.length === 0 && byContainer)) return 0;
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
}

/** Does anything ask for the owner of a session? */
function isFiltered({ filters, select }: SessionOptions): boolean {
  const given = [...Object.values(filters ?? {}), ...Object.values(select ?? {})];
  return given.some((each) => each !== undefined && !(Array.isArray(each) && each.length === 0));
}
