import { readFileSync, statSync } from 'node:fs';
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

/** The v2 cgroup hierarchy as a map between paths and ids (inode numbers of directories). */
export class CgroupTree {
  /** Null where the kernel has only v1 mounted; then no cgroup has an id. */
  readonly mount: string | null;

  constructor(mount: string | null) {
    this.mount = mount;
  }

  static system(): CgroupTree {
    try {
      return new CgroupTree(unifiedMount(readFileSync('/proc/self/mountinfo', 'utf8')));
    } catch {
      return new CgroupTree(null);
    }
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
