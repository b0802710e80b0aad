import { existsSync } from 'node:fs';
import { Attacher } from '../attach.js';
import { CgroupTree } from '../cgroups.js';
import type { ContainerInfo } from '../container.js';
import { ContainersError, reason } from '../errors.js';
import { Inventory } from '../inventory.js';
import { fit, nearNames, parseSelector } from '../selector.js';
import { openSession, type RuntimeSocket, type SocketKind, usualSockets } from '../sockets.js';
import type { SourceContext } from '../sources/source.js';
import { DEFAULT_STATE_DIRS, type StateDir, StateDirs } from '../sources/state-dirs.js';
import { type Engine, openEngine } from './engines.js';
import { type OverlayRoot, rootOfProcess } from './overlay.js';

export interface StorageOptions {
  /** Default: those that the environment names and the usual ones, as far as they are there. */
  readonly sockets?: readonly RuntimeSocket[];
  /** State directories of runc and crun; default the usual ones. */
  readonly stateDirs?: readonly StateDir[];
  /** Ask only engines of these kinds. */
  readonly kinds?: readonly SocketKind[];
}

/**
 * The containers of this machine, also those that do not run, and where their files are. A look at
 * one moment: it does not follow. `close()` it.
 *
 * ```ts
 * const storage = await Storage.open();
 * const [web] = storage.find(['web']);
 * const { upper, lowers } = await storage.root(web);
 * storage.close();
 * ```
 */
export class Storage {
  /** All that was found, in no particular order. */
  readonly containers: readonly ContainerInfo[];
  /** What could not be asked and why, for `-v`. */
  readonly notes: readonly string[];
  readonly #engines: readonly Engine[];

  private constructor(
    containers: readonly ContainerInfo[],
    engines: readonly Engine[],
    notes: readonly string[],
  ) {
    this.containers = containers;
    this.#engines = engines;
    this.notes = notes;
  }

  /** Takes as long as the slowest engine, at most about ten seconds when one hangs. */
  static async open(options: StorageOptions = {}): Promise<Storage> {
    const { kinds, stateDirs = DEFAULT_STATE_DIRS } = options;
    const wanted = (options.sockets ?? usualSockets()).filter(
      ({ kind, path }) => (kinds?.includes(kind) ?? true) && existsSync(path),
    );
    const notes: string[] = [];
    const inventory = new Inventory();
    const tree = CgroupTree.system();
    const attacher = new Attacher(inventory, tree);
    const context = { inventory, attacher, note: (text: string) => void notes.push(text) };
    const dirs = new StateDirs(context, kinds === undefined ? stateDirs : [], tree.mount);
    const engines = await Promise.all([
      ...wanted.map((socket) => listAndOpen(context, socket)),
      dirs.ready.then(() => null),
    ]);
    dirs.close();
    const containers = [...inventory.entries()].map(({ info }) => info);
    return new Storage(
      containers,
      engines.filter((engine) => engine !== null),
      notes,
    );
  }

  /**
   * The containers of these names, ids or prefixes of ids.
   *
   * @throws ContainersError CONTAINER_NOT_FOUND, CONTAINER_AMBIGUOUS, CONTAINER_SELECTOR_INVALID
   */
  find(names: readonly string[]): ContainerInfo[] {
    return [...new Set(names.flatMap((name) => this.#named(name)))];
  }

  /**
   * Where a container's files are.
   *
   * @throws ContainersError ROOT_UNKNOWN where the engine does not use overlayfs, or does not tell
   */
  async root(container: ContainerInfo): Promise<OverlayRoot> {
    const mounted = container.pid === null ? null : rootOfProcess(container.pid);
    let why = 'its engine does not tell';
    for (const engine of this.#engines) {
      const answer = await engine.root(container);
      if (answer === null) continue;
      // Engines do not tell how they mounted it.
      if (!('why' in answer)) return { ...answer, attributes: mounted?.attributes ?? 'trusted' };
      why = answer.why;
    }
    if (mounted !== null) return mounted;
    const name = container.name ?? container.id.slice(0, 12);
    throw new ContainersError(
      'ROOT_UNKNOWN',
      `cannot tell where the files of ${name} are: ${why}`,
      {
        hint: 'Only roots made by overlayfs can be looked at; that of a container which runs is found by its mounts. Ask containerd, too, where it keeps the files.',
      },
    );
  }

  /**
   * The directories of an image's layers, top first.
   *
   * @throws ContainersError IMAGE_UNKNOWN
   */
  async image(reference: string): Promise<readonly string[]> {
    for (const engine of this.#engines) {
      const layers = await engine.image(reference);
      if (layers !== null) return layers;
    }
    throw new ContainersError('IMAGE_UNKNOWN', `no engine tells the layers of image ${reference}`, {
      hint: 'Docker and Podman do, for images that they have; with containerd name a container of that image.',
    });
  }

  close(): void {
    for (const engine of this.#engines) engine.close();
  }

  #named(name: string): ContainerInfo[] {
    const [rule] = parseSelector({ containers: [name] });
    if (rule === undefined) return [];
    const fits = this.containers.map((info) => ({ info, how: fit(rule, info) }));
    const exact = fits.filter(({ how }) => how === 'exact').map(({ info }) => info);
    if (exact.length > 0) return exact;
    const prefixed = fits.filter(({ how }) => how === 'prefix').map(({ info }) => info);
    if (prefixed.length === 1) return prefixed;
    const label = ({ id, name }: ContainerInfo) => name ?? id.slice(0, 12);
    if (prefixed.length > 1) {
      throw new ContainersError(
        'CONTAINER_AMBIGUOUS',
        `container '${name}' fits ${prefixed.length} containers`,
        {
          hint: `Give more digits of the id, or a name: ${prefixed.slice(0, 5).map(label).join(', ')}.`,
        },
      );
    }
    const near = nearNames(name, this.containers.map(label));
    const hint = [
      near.length > 0 && `Near: ${near.join(', ')}.`,
      this.containers.length === 0 && 'No container is known.',
      ...this.notes.map((note) => `Note: ${note}.`),
    ];
    throw new ContainersError('CONTAINER_NOT_FOUND', `no container matches '${name}'`, {
      hint: hint.filter(Boolean).join(' ') || 'See get_all_containers.',
    });
  }
}

/** Makes the containers of one engine known, and keeps the engine for questions. */
async function listAndOpen(context: SourceContext, socket: RuntimeSocket): Promise<Engine | null> {
  try {
    const session = await openSession(context, socket);
    try {
      await session.listed;
    } finally {
      session.close();
    }
    return await openEngine(socket);
  } catch (error) {
    context.note(`${socket.kind} on ${socket.path}: ${reason(error)}`);
    return null;
  }
}
