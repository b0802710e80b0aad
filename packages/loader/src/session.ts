import type { Filters } from './filters.js';
import type { Owner } from './judge.js';
import { openTracer, type TracerSettings } from './open.js';
import type { TracerPlan } from './plan.js';
import type { Tracer } from './tracer.js';

/** What of the containers package is used here; any object of this shape will do. */
export interface ContainerDirectory {
  /** Settles once it has what only root may open: connections, and facts of those that run. */
  readonly ready?: Promise<void>;
  select(
    selector: ContainerSelector,
    options: { wait?: boolean; onChange?: () => void },
  ): Promise<ContainerSelection>;
  notes(): readonly string[];
  close(): void;
}

/** Names as users give them; `!` in front excludes. */
export interface ContainerSelector {
  readonly containers?: readonly string[];
  readonly pods?: readonly string[];
  readonly namespaces?: readonly string[];
}

export interface ContainerSelection {
  readonly mode: 'include' | 'exclude';
  readonly keys: { readonly mntns: readonly number[]; readonly cgroups: readonly bigint[] };
  /**
   * Is an event wanted, by its owner? Called for each owner once it is met, and again while the answer
   * is undefined, which it may not be when `isLast`.
   */
  judge?(owner: Owner, isLast: boolean): boolean | undefined;
  close(): void;
}

/** What a tracer's user may ask for, whatever the tool. */
export interface SessionOptions extends Omit<TracerSettings, 'filters'> {
  readonly filters?: Omit<Filters, 'containers' | 'judged'>;
  readonly select?: ContainerSelector;
  /** Containers that are named but do not run yet are awaited instead of refused. */
  readonly wait?: boolean;
  /** Give up root once attached; true unless told otherwise. */
  readonly drop?: boolean;
}

/**
 * Opens a tracer the way every tool does: named containers are resolved first, since a name that
 * does not exist is an error before anything is attached; then load and attach; then root is given
 * up. From here on the set of containers in the kernel follows those that start and stop. What a new
 * container does before its name is known is held until then, so it is seen from its first process on.
 *
 * Whatever fails, nothing stays open, the directory included; closing the session closes it too.
 *
 * @param openContainers called as late as can be, since knowing containers is not needed for attaching:
 *   before anything else when some are named, else once events are recorded, while still root
 * @param whilePrivileged what the tool must open, read or write as root once attached
 * @throws as `openTracer()`; what `openContainers()` and `select()` throw
 */
export async function openSession<Directory extends ContainerDirectory>(
  plan: TracerPlan,
  openContainers: () => Promise<Directory>,
  { select, wait = false, drop = true, filters = {}, ...settings }: SessionOptions,
  whilePrivileged: (tracer: Tracer) => void = () => {},
): Promise<Session<Directory>> {
  let tracer: Tracer | undefined;
  let containers: Directory | undefined;
  let selection: ContainerSelection | undefined;
  const follow = (): void => {
    if (selection === undefined || tracer === undefined) return;
    tracer.setContainers(selection.keys);
    tracer.reconsider();
  };
  try {
    if (isAsked(select)) {
      containers = await openContainers();
      selection = await containers.select(select, { wait, onChange: follow });
    }
    const judge = plan.aggregates ? undefined : selection?.judge?.bind(selection);
    const mode = selection && { containers: selection.mode, judged: judge !== undefined };
    tracer = await openTracer(plan, { ...settings, filters: { ...filters, ...mode } });
    const attachedMs = performance.now();
    follow();
    if (judge !== undefined) tracer.judgeBy(judge);
    whilePrivileged(tracer);
    containers ??= await openContainers();
    if (drop) {
      // Events wait in the ring buffer meanwhile, some tens of milliseconds.
      await containers.ready;
      tracer.dropPrivileges();
    }
    return new Session(tracer, attachedMs, containers, selection);
  } catch (error) {
    tracer?.close();
    selection?.close();
    containers?.close();
    throw error;
  }
}

/** A tracer and the containers that it follows. */
export class Session<Directory extends ContainerDirectory = ContainerDirectory> {
  readonly tracer: Tracer;
  /** When events began to be recorded, in milliseconds of performance.now(). */
  readonly attachedMs: number;
  readonly containers: Directory;
  readonly #selection: ContainerSelection | undefined;

  /** @internal Use `openSession()`. */
  constructor(
    tracer: Tracer,
    attachedMs: number,
    containers: Directory,
    selection: ContainerSelection | undefined,
  ) {
    this.tracer = tracer;
    this.attachedMs = attachedMs;
    this.containers = containers;
    this.#selection = selection;
  }

  /** For `-v`: the hooks in use and why not better ones, privileges, runtimes that did not answer. */
  notes(): string[] {
    const hooks = this.tracer.hooks.flatMap(({ event, chosen, note, rejected }) => [
      `${event}: ${chosen}${note === undefined ? '' : ` (${note})`}`,
      ...rejected.map(({ name, why }) => `${event}: not ${name}: ${why}`),
    ]);
    return [...hooks, ...this.tracer.notes, ...this.containers.notes()];
  }

  /** Detaches everything and stops following. Idempotent. */
  close(): void {
    this.#selection?.close();
    this.tracer.close();
    this.containers.close();
  }
}

function isAsked(select: ContainerSelector | undefined): select is ContainerSelector {
  return Object.values(select ?? {}).some((names) => names !== undefined && names.length > 0);
}
