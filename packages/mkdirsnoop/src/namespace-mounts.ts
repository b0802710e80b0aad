import { Cursor, type Layout, type Read } from '@imagesnoop/loader';

const SLASH = 0x2f;
/** enum mkdir_event_type in bpf/mkdirsnoop.h */
export const MOUNTS_EVENT = 2;
/** Namespaces of which the mounts are kept; the kernel's side tells of as many (mounts.bpf.h). */
const MAX_NAMESPACES = 1024;

/** A mount of a namespace. */
export interface NamespaceMount {
  /** Where it is, from the root of its processes, without a slash at the end. */
  readonly point: Buffer;
  /** File system, in the kernel's encoding. */
  readonly dev: number;
  /** Which directory of it, without a slash at the end. */
  readonly inFs: Buffer;
}

/** What is mounted on each mount, by its id, and on which one the root is. */
interface MountTree {
  readonly root: number;
  readonly on: ReadonlyMap<number, readonly (NamespaceMount & { readonly id: number })[]>;
}

/**
 * The mounts of other mount namespaces than the host's, as the BPF program tells them before the
 * first event of each, and again when they have changed.
 */
export class NamespaceMounts {
  readonly #type: Read<number>;
  readonly #mntns: Read<number>;
  readonly #length: Read<number>;
  readonly #cut: Read<number>;
  readonly #root: Read<number>;
  readonly #text: number;
  readonly #entry: {
    readonly size: number;
    readonly dev: Read<number>;
    readonly point: Read<number>;
    readonly fs: Read<number>;
    readonly id: Read<number>;
    readonly parent: Read<number>;
  };
  /** By namespace, in the order of the last telling; null: not all mounts are known. */
  readonly #known = new Map<number, MountTree | null>();

  constructor(event: Layout, entry: Layout) {
    this.#type = event.u32('header.type');
    this.#mntns = event.u32('header.mntns');
    this.#length = event.u32('length');
    this.#cut = event.u32('cut');
    this.#root = event.u32('root_id');
    this.#text = event.size;
    this.#entry = {
      size: entry.size,
      dev: entry.u32('dev'),
      point: entry.u32('point_length'),
      fs: entry.u32('fs_length'),
      id: entry.u32('id'),
      parent: entry.u32('parent_id'),
    };
  }

  /** Takes in a record that tells of mounts; false if it is another one. */
  learn(at: Cursor): boolean {
    if (this.#type(at) !== MOUNTS_EVENT) return false;
    const mntns = this.#mntns(at);
    this.#known.delete(mntns);
    this.#known.set(mntns, this.#cut(at) === 0 ? this.#mountsIn(at) : null);
    if (this.#known.size > MAX_NAMESPACES) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest as number);
    }
    return true;
  }

  /**
   * The mount that a path of a namespace leads into: from the root's on, always into the first that
   * is on the way, as the kernel walks; what is hidden below another one is never met.
   *
   * @returns null: its root's own; undefined: unknown
   */
  find(mntns: number, path: Uint8Array, length: number): NamespaceMount | null | undefined {
    const tree = this.#known.get(mntns);
    if (tree === undefined || tree === null) return undefined;
    let into: (NamespaceMount & { readonly id: number }) | null = null;
    for (let id = tree.root; ; ) {
      const first = (tree.on.get(id) ?? [])
        .filter(({ point }) => leadsInto(path, length, point))
        .sort((one, other) => one.point.length - other.point.length)[0];
      if (first === undefined) return into;
      into = first;
      id = first.id;
    }
  }

  /** An entry that does not fit makes all of them unknown. */
  #mountsIn(at: Cursor): MountTree | null {
    const { size, dev, point, fs, id, parent } = this.#entry;
    const on = new Map<number, (NamespaceMount & { id: number })[]>();
    const seen = new Set<number>([this.#root(at)]);
    const first = at.base + this.#text;
    const end = first + this.#length(at);
    if (end > at.base + at.length) return null;
    for (let next = first; next < end; ) {
      if (next + size > end) return null;
      const entry = Cursor.over(at.u8.slice(next, next + size)); // entries are not aligned
      const pointEnd = next + size + point(entry);
      const fsEnd = pointEnd + fs(entry);
      if (fsEnd > end || seen.has(id(entry))) return null;
      seen.add(id(entry));
      const mount = {
        id: id(entry),
        point: Buffer.from(at.u8.subarray(next + size, pointEnd)),
        dev: dev(entry),
        inFs: Buffer.from(at.u8.subarray(pointEnd, fsEnd)),
      };
      on.set(parent(entry), [...(on.get(parent(entry)) ?? []), mount]);
      next = fsEnd;
    }
    return { root: this.#root(at), on };
  }
}

function leadsInto(path: Uint8Array, length: number, point: Buffer): boolean {
  if (point.length === 0 || point.length > length) return false;
  if (length > point.length && path[point.length] !== SLASH) return false;
  for (let i = 0; i < point.length; i++) if (path[i] !== point[i]) return false;
  return true;
}
