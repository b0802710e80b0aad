/**
 * The state directories of low-level runtimes (runc, crun). They exist under every runtime that
 * uses one of these, and tell a container's first process and cgroup before that process runs
 * anything of the image: `create` writes the state, `start` comes later.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Runtime } from '../container.js';
import { type DirectoryListener, DirectoryWatch } from '../directory-watch.js';
import { type Entry, keyOf } from '../inventory.js';
import { imageOf, podOf } from '../labels.js';
import { bundleAnnotations, parseState, podmanNames, type RuntimeState } from './runtime-state.js';
import type { Source, SourceContext } from './source.js';

/** A directory with one folder per container, or one per namespace that holds those. */
export interface StateDir {
  readonly path: string;
  readonly runtime: Runtime;
  readonly namespaced: boolean;
}

/** Where runc and crun keep state when started as root by themselves and by the known daemons. */
export const DEFAULT_STATE_DIRS: readonly StateDir[] = [
  { path: '/run/runc', runtime: 'runc', namespaced: false },
  { path: '/run/crun', runtime: 'runc', namespaced: false },
  { path: '/run/containerd/runc', runtime: 'containerd', namespaced: true },
  { path: '/run/docker/runtime-runc', runtime: 'docker', namespaced: true },
];

/** Docker's namespace in containerd, by default. */
export const DOCKER_NAMESPACE = 'moby';
/** Who tells runc and crun what to do, as an annotation says. */
const MANAGERS: Readonly<Record<string, Runtime>> = { libpod: 'podman', 'cri-o': 'cri' };

/** runc's name and crun's. */
const FILES = ['state.json', 'status'] as const;

/** Where a container was found. */
interface Place {
  /** Its folder in the state directory. */
  readonly path: string;
  readonly id: string;
  readonly runtime: Runtime;
  readonly namespace: string | undefined;
}

export class StateDirs implements Source {
  readonly ready: Promise<void>;
  readonly #context: SourceContext;
  readonly #cgroupMount: string | null;
  readonly #watches = new Set<DirectoryWatch>();
  /** What was there at the start waits here for its turn; undefined afterwards. */
  #found: (() => void)[] | undefined = [];
  #closed = false;

  constructor(context: SourceContext, dirs: readonly StateDir[], cgroupMount: string | null) {
    this.#context = context;
    this.#cgroupMount = cgroupMount;
    for (const dir of dirs) this.#follow(dir);
    const found = this.#found ?? [];
    this.#found = undefined;
    this.ready = this.#takeAll(found);
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch.close();
    this.#watches.clear();
  }

  #follow(dir: StateDir): void {
    if (!dir.namespaced) return void this.#followContainers(dir.path, dir.runtime);
    const followed = new Set<string>();
    this.#watch(dir.path, {
      appeared: (namespace) => {
        if (followed.has(namespace)) return; // its watch waits for it by itself
        followed.add(namespace);
        const runtime = namespace === DOCKER_NAMESPACE ? 'docker' : dir.runtime;
        this.#followContainers(join(dir.path, namespace), runtime, namespace);
      },
    });
  }

  #followContainers(path: string, runtime: Runtime, namespace?: string): DirectoryWatch {
    const waiting = new Map<string, DirectoryWatch>();
    return this.#watch(path, {
      appeared: (id) => {
        const take = () => this.#take({ path: join(path, id), id, runtime, namespace }, waiting);
        if (this.#found === undefined) take();
        else this.#found.push(take);
      },
      vanished: (id) => {
        this.#unwatch(waiting, id);
        this.#vanished(keyOf(id, namespace));
      },
    });
  }

  /** One container at a turn of the event loop: a full node must not delay the start of a tool. */
  async #takeAll(found: readonly (() => void)[]): Promise<void> {
    for (const take of found) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#closed) return;
      take();
    }
  }

  /** The folder is made before its state is written, which is when we want to read it. */
  #take(place: Place, waiting: Map<string, DirectoryWatch>): void {
    if (this.#read(place) || !existsSync(place.path)) return;
    let done = false;
    const appeared = (): void => {
      done = this.#read(place);
      // Nothing of interest changes in the state after that.
      if (done) this.#unwatch(waiting, place.id);
    };
    waiting.set(place.id, this.#watch(place.path, { appeared }, FILES));
    if (done) this.#unwatch(waiting, place.id); // written while we began to watch
  }

  /** A daemon that keeps the container says itself when it removes it. */
  #vanished(key: string): void {
    const { inventory } = this.#context;
    const entry = inventory.get(key);
    if (entry?.managed) inventory.stopped(entry);
    else inventory.removed(key);
  }

  /** Returns whether the container's first process was told. */
  #read(place: Place): boolean {
    for (const file of FILES) {
      const state = parseState(this.#text(join(place.path, file)), this.#cgroupMount);
      if (state === null || state.pid === 0) continue;
      void this.#context.attacher.attach(this.#describe(place, state), state);
      return true;
    }
    return false;
  }

  #text(file: string): string {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.#refused(dirname(dirname(file)), code);
      return '';
    }
  }

  #refused(dir: string, errno: string): void {
    this.#context.note(`${dir}: ${errno}, so containers that only it tells of stay unknown`);
  }

  #describe({ id, runtime, namespace }: Place, { labels: told, bundle }: RuntimeState): Entry {
    const labels = told ?? (bundle === null ? {} : bundleAnnotations(bundle));
    const manager = MANAGERS[labels['io.container.manager'] ?? ''] ?? runtime;
    const podman = manager === 'podman' && bundle !== null ? podmanNames(bundle, id) : null;
    const k8s = podOf(labels);
    return this.#context.inventory.describe({
      id,
      runtime: manager,
      ...(namespace === undefined ? {} : { namespace }),
      k8s,
      name: podman?.name ?? k8s?.container ?? null,
      image: podman?.image ?? imageOf(labels),
    });
  }

  #watch(path: string, listener: DirectoryListener, only?: readonly string[]): DirectoryWatch {
    const refused = (errno: string): void => this.#refused(path, errno);
    const watch = new DirectoryWatch(path, { ...listener, refused }, only);
    this.#watches.add(watch);
    return watch;
  }

  #unwatch(watches: Map<string, DirectoryWatch>, name: string): void {
    const watch = watches.get(name);
    if (watch === undefined) return;
    watch.close();
    watches.delete(name);
    this.#watches.delete(watch);
  }
}
