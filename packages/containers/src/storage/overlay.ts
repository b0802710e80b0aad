/**
 * What a mount of overlayfs is put together from, as its options and /proc/PID/mountinfo tell.
 * Source: Linux, Documentation/filesystems/overlayfs.rst; proc_pid_mountinfo(5).
 */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The directories that make up a container's root file system. */
export interface OverlayRoot {
  /** Where they are mounted merged, on this host; null when unknown or not mounted. */
  readonly merged: string | null;
  /** What the container wrote; null for a root that it cannot write. */
  readonly upper: string | null;
  readonly work: string | null;
  /** What it was made from, top first. */
  readonly lowers: readonly string[];
  /**
   * Under which names the layers keep what overlayfs notes of a directory: `trusted.overlay.*`, which
   * no container can write, or `user.overlay.*` in mounts that a user made (rootless engines).
   */
  readonly attributes: 'trusted' | 'user';
}

/** @param options as mount(8) takes them, e.g. `lowerdir=/a:/b` and `upperdir=/c`; null without a lower */
export function overlayOf(options: readonly string[]): OverlayRoot | null {
  const values = (name: string): string[] =>
    options
      .filter((each) => each.startsWith(`${name}=`))
      .map((each) => each.slice(name.length + 1));
  // One layer an option since Linux 6.7; data-only layers, behind `::`, have no names of their own.
  const lowers = [
    ...values('lowerdir').flatMap((list) => splitLayers(list.split(/(?<!\\)::/)[0] ?? '')),
    ...values('lowerdir+').map(unescapeLayer),
  ];
  if (lowers.length === 0) return null;
  const [upper = null] = values('upperdir').map(unescapeLayer);
  const [work = null] = values('workdir').map(unescapeLayer);
  const attributes = options.includes('userxattr') ? 'user' : 'trusted';
  return { merged: null, upper, work, lowers, attributes };
}

/** Colons divide layers; a backslash makes the next letter part of a name. */
const splitLayers = (list: string): string[] =>
  (list.match(/(?:\\.|[^:\\])+/gs) ?? []).map(unescapeLayer);

const unescapeLayer = (text: string): string => text.replace(/\\(.)/gs, '$1');

interface Mount {
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** The mounts of a process's namespace, in the order of the table. Null when it cannot be read. */
export function mountsOf(pid: number | 'self'): readonly Mount[] | null {
  try {
    return parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
  } catch {
    return null;
  }
}

export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const point = before?.split(' ')[4];
    const [type, , options] = after?.split(' ') ?? [];
    if (point === undefined || type === undefined || options === undefined) return [];
    return [{ point: unescapeMount(point), type, options: options.split(',').map(unescapeMount) }];
  });
}

/** Space, tab, newline and backslash are written as \ooo. */
const unescapeMount = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The root of a process, if it is an overlay whose layers are told by whole paths. */
export function rootOfProcess(pid: number): OverlayRoot | null {
  // What is mounted later covers what was there before.
  const root = mountsOf(pid)?.findLast(({ point }) => point === '/');
  if (root?.type !== 'overlay') return null;
  const overlay = overlayOf(root.options);
  if (overlay === null || [...overlay.lowers, overlay.upper ?? '/'].some(isRelative)) return null;
  // Docker and Podman mount their layers by short links.
  return withMerged({ ...overlay, lowers: overlay.lowers.map(real) });
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const isRelative = (path: string): boolean => !path.startsWith('/');

/** The same, with the place where this host has it mounted. */
export function withMerged(root: OverlayRoot): OverlayRoot {
  if (root.upper === null) return root;
  const mount = mountsOf('self')?.find(({ point, type, options }) => {
    if (type !== 'overlay') return false;
    const { upper } = overlayOf(options) ?? {};
    // Some engines change into their directory before they mount, and name layers from there.
    return upper != null && resolve(dirname(point), '..', upper) === root.upper;
  });
  return mount === undefined ? root : { ...root, merged: mount.point };
}
