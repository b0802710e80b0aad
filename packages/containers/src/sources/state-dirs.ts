/**
 * The state directories of low-level runtimes (runc, crun). They exist under every runtime that
 * uses one of these, and tell a container's first process and cgroup before that process runs
 * anything of the image: `create` writes the state, `start` comes later.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

const FILES: ReadonlySet<string> = new Set(['state.json', 'status']);

export class StateDirs implements Source {
  readonly ready: Promise<void>;
  readonly #context: SourceContext;
  readonly #cgroupMount: string | null;
  readonly #watches = new Set<DirectoryWatch>();
  /** Reads of what was there at the start; undefined afterwards. */
  #first: Promise<void>[] | undefined;

  constructor(context: SourceContext, dirs: readonly StateDir[], cgroupMount: string | null) {
    this.#context = context;
    this.#cgroupMount = cgroupMount;
    const first: Promise<void>[] = [];
    this.#first = first;
    for (const dir of dirs) this.#follow(dir);
    this.ready = Promise.all(first).then(() => undefined);
    this.#first = undefined;
  }

  close(): void {
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
    const pending = new Map<string, DirectoryWatch>();
    return this.#watch(path, {
      appeared: (id) => {
        const files = this.#watch(join(path, id), {
          appeared: (file) => {
            if (!FILES.has(file)) return;
            const read = this.#read(join(path, id, file), id, runtime, namespace).then((done) => {
              // Nothing of interest changes in the state after this.
              if (done) this.#unwatch(pending, id);
            });
            this.#first?.push(read);
          },
        });
        pending.set(id, files);
      },
      vanished: (id) => {
        this.#unwatch(pending, id);
        this.#vanished(keyOf(id, namespace));
      },
    });
  }

  /** A daemon that keeps the container says itself when it removes it. */
  #vanished(key: string): void {
    const { inventory } = this.#context;
    const entry = inventory.get(key);
    if (entry?.managed) inventory.stopped(entry);
    else inventory.removed(key);
  }

  async #read(file: string, id: string, runtime: Runtime, namespace?: string): Promise<boolean> {
    const json = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') {
        this.#context.note(`cannot read ${file} (EACCES): plain containers stay unknown`);
      }
      return '';
    });
    const state = parseState(json, this.#cgroupMount);
    if (state === null || state.pid === 0) return false;
    const entry = await this.#describe({ id, runtime, namespace }, state);
    await this.#context.attacher.attach(entry, state);
    return true;
  }

  async #describe(
    { id, runtime, namespace }: { id: string; runtime: Runtime; namespace: string | undefined },
    { labels: told, bundle }: RuntimeState,
  ): Promise<Entry> {
    const labels = told ?? (bundle === null ? {} : await bundleAnnotations(bundle));
    const manager = MANAGERS[labels['io.container.manager'] ?? ''] ?? runtime;
    const podman = manager === 'podman' && bundle !== null ? await podmanNames(bundle, id) : null;
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

  #watch(path: string, listener: DirectoryListener): DirectoryWatch {
    const watch = new DirectoryWatch(path, listener);
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
