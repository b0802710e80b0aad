/**
 * The state directories of low-level runtimes (runc, crun). They exist under every runtime that
 * uses one of these, and tell a container's first process and cgroup before that process runs
 * anything of the image: `create` writes the state, `start` comes later.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessClaim } from '../attach.js';
import type { Runtime } from '../container.js';
import { DirectoryWatch } from '../directory-watch.js';
import { type Entry, keyOf } from '../inventory.js';
import { imageOf, type Labels, podOf } from '../labels.js';
import { count, list, object, text } from '../narrow.js';
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
const MANAGERS: Readonly<Record<string, Runtime>> = { libpod: 'podman', 'cri-o': 'cri' };

/** What a state file says; `pid` is 0 while the first process is not made yet. */
export interface RuntimeState extends ProcessClaim {
  readonly labels: Labels;
}

/** runc keeps annotations as `key=value` strings among its labels. */
function labelsOf(value: unknown): Labels {
  const labels: Record<string, string> = {};
  for (const item of list(value)) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(String(item)) ?? [];
    if (key !== undefined && value !== undefined) labels[key] = value;
  }
  return labels;
}

/** Reads runc's state.json or crun's status; null when the text is neither. */
export function parseState(json: string, cgroupMount: string | null): RuntimeState | null {
  let state: Readonly<Record<string, unknown>>;
  try {
    state = object(JSON.parse(json));
  } catch {
    return null;
  }
  const startTicks = count(state.init_process_start) ?? count(state['process-start-time']);
  const unified = text(object(state.cgroup_paths)['']);
  const inMount =
    unified !== undefined && cgroupMount !== null && unified.startsWith(`${cgroupMount}/`);
  return {
    pid: count(state.init_process_pid) ?? count(state.pid) ?? 0,
    ...(startTicks === undefined ? {} : { startTicks }),
    cgroupPath: inMount ? unified.slice(cgroupMount?.length) : (text(state['cgroup-path']) ?? null),
    labels: labelsOf(object(state.config).labels),
  };
}

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
    await this.#context.attacher.attach(this.#describe(id, runtime, namespace, state), state);
    return true;
  }

  #describe(
    id: string,
    runtime: Runtime,
    namespace: string | undefined,
    state: RuntimeState,
  ): Entry {
    const { labels } = state;
    return this.#context.inventory.describe({
      id,
      runtime: MANAGERS[labels['io.container.manager'] ?? ''] ?? runtime,
      ...(namespace === undefined ? {} : { namespace }),
      k8s: podOf(labels),
      name: podOf(labels)?.container ?? null,
      image: imageOf(labels),
    });
  }

  #watch(path: string, listener: ConstructorParameters<typeof DirectoryWatch>[1]): DirectoryWatch {
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
