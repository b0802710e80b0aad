import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';

const SLASH = 0x2f;

interface HostMount {
  /** Directory within the file system that is mounted, without a slash at the end. */
  readonly root: Buffer;
  /** Where it is mounted, without a slash at the end. */
  readonly point: Buffer;
}

/**
 * The host's mounts by device, to name a directory of any mount namespace as the host sees it: a
 * container's root is a mount of the host as well.
 *
 * The table is read through one descriptor opened at start, since privileges are given up later, and
 * read again when a device is asked for that it does not have (a container that came since), at most
 * once a second. Source: proc_pid_mountinfo(5).
 */
export class HostMounts {
  /** Inode number of the host's mount namespace; 0 when it cannot be told. */
  readonly mntns: number;
  readonly #fd: number | undefined;
  #byDevice = new Map<string, HostMount[]>();
  #readAt = Number.NEGATIVE_INFINITY;

  /** @param proc the host's first process, whose mounts are the host's */
  constructor(proc = '/proc/1') {
    try {
      this.#fd = openSync(`${proc}/mountinfo`, 'r');
    } catch {
      this.#fd = undefined; // every path of a container is then unknown, none is wrong
      this.mntns = 0;
      return;
    }
    this.mntns = namespaceOf(proc, this.#fd);
    this.#read();
  }

  /** Device number of the file system at `/` in the kernel's encoding; 0 when that is not its root. */
  get rootDevice(): number {
    for (const [device, mounts] of this.#byDevice) {
      if (!mounts.some(({ root, point }) => root.length === 0 && point.length === 0)) continue;
      const [major, minor] = device.split(':').map(Number) as [number, number];
      return major * 2 ** 20 + minor;
    }
    return 0;
  }

  /**
   * Writes the host's path of a directory into `into`.
   *
   * @param dev the kernel's encoding, major << 20 | minor
   * @param inFs path below the file system's root: '' or '/a/b'
   * @returns its length, without a slash at the end ('' for `/`); -1 when the host does not mount it
   */
  resolve(dev: number, inFs: Uint8Array, into: Uint8Array): number {
    const device = `${dev >>> 20}:${dev & 0xfffff}`;
    let found = this.#find(device, inFs);
    if (found === undefined && performance.now() - this.#readAt > 1000) {
      this.#read();
      found = this.#find(device, inFs);
    }
    if (found === undefined) return -1;
    const rest = inFs.subarray(found.root.length);
    if (found.point.length + rest.length > into.length / 2) return -1;
    into.set(found.point, 0);
    into.set(rest, found.point.length);
    return found.point.length + rest.length;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #find(device: string, inFs: Uint8Array): HostMount | undefined {
    return this.#byDevice.get(device)?.find(({ root }) => isBelow(inFs, root));
  }

  #read(): void {
    if (this.#fd === undefined) return;
    this.#readAt = performance.now();
    this.#byDevice = parseMountinfo(readAll(this.#fd));
  }
}

/**
 * Asking for a namespace takes more privilege than reading its mounts; where it is refused, mounts
 * with the same ids as our own tell that the namespace is ours.
 */
function namespaceOf(proc: string, mountinfo: number): number {
  try {
    return statSync(`${proc}/ns/mnt`).ino;
  } catch {
    const own = readFileSync('/proc/self/mountinfo');
    return readAll(mountinfo).equals(own) ? statSync('/proc/self/ns/mnt').ino : 0;
  }
}

function isBelow(path: Uint8Array, root: Buffer): boolean {
  if (path.length < root.length || !root.equals(path.subarray(0, root.length))) return false;
  return path.length === root.length || path[root.length] === SLASH;
}

/** @returns the mounts of each device (`major:minor`), in the order of the table */
export function parseMountinfo(text: Buffer): Map<string, HostMount[]> {
  const byDevice = new Map<string, HostMount[]>();
  for (const line of text.toString('latin1').split('\n')) {
    const [, , device, root, point] = line.split(' ');
    if (device === undefined || root === undefined || point === undefined) continue;
    const mounts = byDevice.get(device) ?? [];
    mounts.push({ root: unescapeMount(root), point: unescapeMount(point) });
    byDevice.set(device, mounts);
  }
  return byDevice;
}

/** Space, tab, newline and backslash are written as \ooo. A lone `/` becomes ''. */
function unescapeMount(text: string): Buffer {
  if (text === '/') return Buffer.alloc(0);
  const plain = text.replace(/\\([0-7]{3})/g, (_all, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(plain, 'latin1');
}

function readAll(fd: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const part = Buffer.alloc(65536);
    const length = readSync(fd, part, 0, part.length, at);
    if (length === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, length));
    at += length;
  }
}
