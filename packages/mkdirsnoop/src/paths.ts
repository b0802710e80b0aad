import {
  appendPath,
  type ByteRun,
  type Cursor,
  type Layout,
  leadsOut,
  type Read,
} from '@imagesnoop/loader';
import type { HostMounts } from './host-mounts.js';
import type { NamespaceMounts } from './namespace-mounts.js';

const SLASH = 0x2f;
/** Three PATH_MAX: base, slash and given path, each below 4096 bytes. */
const ROOM = 3 * 4096;

/** enum mkdir_flag in bpf/mkdirsnoop.h */
export const FLAG = {
  argvUnreadable: 1,
  argvCut: 2,
  baseUnknown: 4,
  baseCut: 8,
  hostRoot: 16,
  mountsUntold: 32,
} as const;

const UNKNOWN: ByteRun = { u8: new Uint8Array(0), start: -1, end: -1 };

/**
 * The absolute paths of one event. `..`, `.` and doubled slashes in the given path are resolved as
 * text, symbolic links are not: that is what the caller asked for, before the file system is looked
 * at. Everything stays bytes, since a path may be any bytes but NUL.
 */
export class EventPaths {
  readonly #text: number;
  readonly #flags: Read<number>;
  readonly #argvLength: Read<number>;
  readonly #baseLength: Read<number>;
  readonly #fsLength: Read<number>;
  readonly #dev: Read<number>;
  readonly #mntns: Read<number>;
  readonly #mounts: HostMounts;
  readonly #others: Pick<NamespaceMounts, 'find'>;
  readonly #path = { u8: Buffer.alloc(ROOM), start: 0, end: 0 };
  readonly #hostPath = { u8: Buffer.alloc(2 * ROOM), start: 0, end: 0 };

  constructor(layout: Layout, mounts: HostMounts, others: Pick<NamespaceMounts, 'find'>) {
    this.#text = layout.size;
    this.#flags = layout.u32('flags');
    this.#argvLength = layout.u32('argv_length');
    this.#baseLength = layout.u32('base_length');
    this.#fsLength = layout.u32('fs_length');
    this.#dev = layout.u32('dev');
    this.#mntns = layout.u32('header.mntns');
    this.#mounts = mounts;
    this.#others = others;
  }

  /** Where the path as given stands in the batch; start is -1 when it was unreadable. */
  readonly argv = {
    start: (at: Cursor): number =>
      this.#flags(at) & FLAG.argvUnreadable ? -1 : at.base + this.#text,
    end: (at: Cursor): number => at.base + this.#text + this.#argvLength(at),
  };

  /** As the caller sees it, from its own root. Valid until the next call. */
  path(at: Cursor): ByteRun {
    if (!this.#isKnown(at)) return UNKNOWN;
    const given = this.argv.start(at);
    const base = given + this.#argvLength(at);
    const end = this.#baseLength(at);
    this.#path.u8.set(at.u8.subarray(base, base + end));
    this.#path.end = appendPath(this.#path.u8, end, at.u8, given, base);
    return this.#path;
  }

  /**
   * As the host sees it, or unknown. For a caller whose root is the host's both are the same. In the
   * host's mount namespace (a chroot) the path goes on below where the host has the directory that it
   * starts from. In another namespace it may lead into a mount that only the caller has: then it goes
   * on below where the host has what is mounted there.
   */
  hostPath(at: Cursor): ByteRun {
    if (this.#flags(at) & FLAG.hostRoot) return this.path(at);
    if (!this.#isKnown(at)) return UNKNOWN;
    const given = this.argv.start(at);
    const base = given + this.#argvLength(at);
    const mntns = this.#mntns(at);
    if (mntns !== this.#mounts.mntns) {
      if (this.#flags(at) & FLAG.mountsUntold) return UNKNOWN;
      const { u8, end } = this.path(at);
      const mount = this.#others.find(mntns, u8, end);
      if (mount === undefined) return UNKNOWN;
      // What is mounted above the directory that the path starts from, its own place tells already.
      if (mount && mount.point.length > this.#baseLength(at))
        return this.#hostPathOn(mount.dev, mount.inFs, u8, mount.point.length, end);
    }
    if (at.u8[given] !== SLASH && leadsOut(at.u8, given, base)) return UNKNOWN;
    const inFs = base + this.#baseLength(at);
    const directory = at.u8.subarray(inFs, inFs + this.#fsLength(at));
    return this.#hostPathOn(this.#dev(at), directory, at.u8, given, base);
  }

  /** Where the host has a directory of a file system, and from there the path u8[from..to). */
  #hostPathOn(dev: number, inFs: Uint8Array, u8: Uint8Array, from: number, to: number): ByteRun {
    const end = this.#mounts.resolve(dev, inFs, this.#hostPath.u8);
    if (end < 0) return UNKNOWN;
    this.#hostPath.end = appendPath(this.#hostPath.u8, end, u8, from, to);
    return this.#hostPath;
  }

  #isKnown(at: Cursor): boolean {
    const unusable = FLAG.argvUnreadable | FLAG.argvCut | FLAG.baseUnknown | FLAG.baseCut;
    return (this.#flags(at) & unusable) === 0 && this.#argvLength(at) > 0;
  }
}
