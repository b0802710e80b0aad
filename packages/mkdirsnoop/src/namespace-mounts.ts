import { Cursor, type Layout, type Read } from '@imagesnoop/loader';
import { MOUNTS_EVENT } from './event.js';

const SLASH = 0x2f;
/** Namespaces of which the mounts are kept; the kernel's side tells of as many (mounts.bpf.h). */
const MAX_NAMESPACES = 1024;

/** A mount on the mount that is a namespace's root. */
export interface NamespaceMount {
  /** Where it is, from that root, without a slash at the end. */
  readonly point: Buffer;
  /** File system, in the kernel's encoding. */
  readonly dev: number;
  /** Which directory of it, without a slash at the end. */
  readonly inFs: Buffer;
  /** Others are mounted on it, of which nothing is known. */
  readonly hasMounts: boolean;
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
  readonly #text: number;
  readonly #entry: {
    readonly size: number;
    readonly dev: Read<number>;
    readonly point: Read<number>;
    readonly fs: Read<number>;
    readonly hasMounts: Read<number>;
  };
  /** By namespace, in the order of the last telling; null: not all mounts are known. */
  readonly #known = new Map<number, readonly NamespaceMount[] | null>();

  constructor(event: Layout, entry: Layout) {
    this.#type = event.u32('header.type');
    this.#mntns = event.u32('header.mntns');
    this.#length = event.u32('length');
    this.#cut = event.u32('cut');
    this.#text = event.size;
    this.#entry = {
      size: entry.size,
      dev: entry.u32('dev'),
      point: entry.u32('point_length'),
      fs: entry.u32('fs_length'),
      hasMounts: entry.u32('has_mounts'),
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
   * The mount that a path of a namespace leads into.
   *
   * @returns null: its root's own; undefined: unknown
   */
  find(mntns: number, path: Uint8Array, length: number): NamespaceMount | null | undefined {
    const mounts = this.#known.get(mntns);
    if (mounts === undefined || mounts === null) return undefined;
    let longest: NamespaceMount | null = null;
    for (const mount of mounts) {
      // Of two on one place the later one in the kernel's list hides the other.
      const isLonger = longest === null || mount.point.length >= longest.point.length;
      if (isLonger && leadsInto(path, length, mount.point)) longest = mount;
    }
    return longest;
  }

  /** An entry that does not fit makes all of them unknown: the record is from our own program. */
  #mountsIn(at: Cursor): readonly NamespaceMount[] | null {
    const { size, dev, point, fs, hasMounts } = this.#entry;
    const mounts: NamespaceMount[] = [];
    const first = at.base + this.#text;
    const end = first + this.#length(at);
    if (end > at.base + at.length) return null;
    for (let next = first; next < end; ) {
      if (next + size > end) return null;
      const entry = Cursor.over(at.u8.slice(next, next + size)); // entries are not aligned
      const pointEnd = next + size + point(entry);
      const fsEnd = pointEnd + fs(entry);
      if (fsEnd > end) return null;
      mounts.push({
        point: Buffer.from(at.u8.subarray(next + size, pointEnd)),
        dev: dev(entry),
        inFs: Buffer.from(at.u8.subarray(pointEnd, fsEnd)),
        hasMounts: hasMounts(entry) !== 0,
      });
      next = fsEnd;
    }
    return mounts;
  }
}

function leadsInto(path: Uint8Array, length: number, point: Buffer): boolean {
  if (point.length === 0 || point.length > length) return false;
  if (length > point.length && path[point.length] !== SLASH) return false;
  for (let i = 0; i < point.length; i++) if (path[i] !== point[i]) return false;
  return true;
}
