import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRandomId, type Runtime } from './container.js';

/** More directories than any node has cgroups; a bound on the cost of one search. */
const SEARCH_LIMIT = 20_000;

/** Where the v2 hierarchy is mounted (`/sys/fs/cgroup`, or `.../unified` on hybrid systems). */
export function unifiedMount(mountinfo: string): string | null {
  for (const line of mountinfo.split('\n')) {
    const [mount, source] = line.split(' - ');
    if (!source?.startsWith('cgroup2 ')) continue;
    const path = mount?.split(' ')[4];
    // mountinfo writes space, tab, newline and backslash as octal.
    if (path) return path.replace(/\\(\d{3})/g, (_, o) => String.fromCharCode(parseInt(o, 8)));
  }
  return null;
}

const SCOPE = /^(docker|cri-containerd|crio|libpod)-([0-9a-f]{64})(?:\.scope)?$/;
const COLON = /:(cri-containerd|crio|docker):([0-9a-f]{64})$/;
const WRITERS: Readonly<Record<string, Runtime>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  crio: 'cri',
  libpod: 'podman',
};

/**
 * The container that a cgroup path names, for systems whose runtime does not talk to us: the
 * outermost, which is the one the host's runtime knows, when containers nest. Only ids of 64
 * digits count; a shorter name could be anybody's. Monitors (`crio-conmon-...`) are not containers.
 */
export function containerInPath(path: string): { id: string; runtime: Runtime } | null {
  const segments = path.split('/');
  for (const [i, segment] of segments.entries()) {
    const [, writer, id] = SCOPE.exec(segment) ?? COLON.exec(segment) ?? [];
    if (writer && id) return { id, runtime: WRITERS[writer] ?? 'unknown' };
    if (isRandomId(segment)) {
      return { id: segment, runtime: segments[i - 1] === 'docker' ? 'docker' : 'unknown' };
    }
  }
  return null;
}

const OWN_ROOT = '/';

/** The v2 cgroup hierarchy as a map between paths and ids (inode numbers of directories). */
export class CgroupTree {
  /** Null where the kernel has only v1 mounted; then no cgroup has an id. */
  readonly mount: string | null;
  /** Where our own cgroup namespace begins in the mounted hierarchy. */
  readonly #root: string;

  /** @param root where a cgroup namespace begins, whose /proc/PID/cgroup are given to `absolute()` */
  constructor(mount: string | null, root = OWN_ROOT) {
    this.mount = mount;
    this.#root = root;
  }

  static system(): CgroupTree {
    try {
      const mount = unifiedMount(readFileSync('/proc/self/mountinfo', 'utf8'));
      return new CgroupTree(mount, mount === null ? OWN_ROOT : namespaceRoot(mount));
    } catch {
      return new CgroupTree(null);
    }
  }

  /**
   * A path of /proc/PID/cgroup as one of the mounted hierarchy. The kernel tells it as seen from our
   * own cgroup namespace, which in a container begins at the container's cgroup: `/../other`.
   */
  absolute(path: string): string {
    return join(this.#root, path);
  }

  /** Id of a cgroup, or null when it does not exist (any more). Below 2^53: see `lookup()`. */
  idOf(path: string): number | null {
    if (this.mount === null) return null;
    try {
      return statSync(join(this.mount, path), { throwIfNoEntry: false })?.ino ?? null;
    } catch {
      return null;
    }
  }

  /** All cgroups, parents first. Those made or removed meanwhile may be missed. */
  async *walk(): AsyncGenerator<{ id: number; path: string }> {
    if (this.mount === null) return;
    const queue = ['/'];
    for (let i = 0; i < queue.length && i < SEARCH_LIMIT; i++) {
      const path = queue[i] as string;
      const id = this.idOf(path);
      if (id !== null) yield { id, path };
      try {
        for await (const entry of await opendir(join(this.mount, path))) {
          if (entry.isDirectory()) queue.push(join(path, entry.name));
        }
      } catch {
        // Removed since its parent was read.
      }
    }
  }

  /** Processes directly in a cgroup; none when it is gone. */
  async processes(path: string): Promise<number[]> {
    if (this.mount === null) return [];
    const text = await readFile(join(this.mount, path, 'cgroup.procs'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean).map(Number);
  }
}

/** Inode of the machine's own cgroup namespace: PROC_CGROUP_INIT_INO, include/linux/proc_ns.h. */
const INITIAL_NAMESPACE = 'cgroup:[4026531835]';

/**
 * Where our cgroup namespace begins. In another one than the machine's only a look at the hierarchy
 * tells, if all of it is mounted: we are in the cgroup that lists this process.
 *
 * @param mount of the v2 hierarchy
 */
function namespaceRoot(mount: string): string {
  if (readlinkSync('/proc/self/ns/cgroup') === INITIAL_NAMESPACE) return OWN_ROOT;
  const own = /^0::\/(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '';
  const queue = [OWN_ROOT];
  for (let i = 0; i < queue.length && i < SEARCH_LIMIT; i++) {
    const path = queue[i] as string;
    const folder = join(mount, path);
    try {
      const listed = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n');
      if (listed.includes(`${process.pid}`) && path.endsWith(own))
        return path.slice(0, path.length - own.length);
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) queue.push(join(path, entry.name));
    } catch {
      // Removed since its parent was read, or a threaded one, which lists no processes.
    }
  }
  return OWN_ROOT;
}
