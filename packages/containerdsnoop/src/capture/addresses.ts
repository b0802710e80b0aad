import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DaemonError, UsageError } from './errors.js';

/** What `--address` names: one socket, or all whose name begins so. */
export interface Address {
  /** As `ss` shows it: an abstract name begins with `@`. */
  readonly name: string;
  readonly prefix: boolean;
}

export const DEFAULT_ADDRESS = '/run/containerd/containerd.sock';

/** sun_path, include/uapi/linux/un.h */
const NAME_BYTES = 108;
/** Where containerd's shims listen; their names are hashes. */
const SHIMS = '/run/containerd/s/';
/** Names that runtimes give to their sockets, wherever those are. */
const RUNTIME =
  /^(?:containerd|docker|dockerd|crio|cri-dockerd|dockershim|podman|buildkitd)\.sock(?:\.ttrpc)?$/;

/**
 * The addresses that a user names: paths, abstract names (`@name`), beginnings of either (`/run/x*`),
 * and `auto`: all sockets on which a container runtime listens now, and those of its shims.
 *
 * @throws UsageError `ADDRESS_INVALID`; DaemonError `DAEMON_NOT_FOUND` when `auto` finds none
 */
export function addressesOf(given: readonly string[]): Address[] {
  const names = given.length > 0 ? given : [DEFAULT_ADDRESS];
  const all = names.flatMap((name) => (name === 'auto' ? runtimeAddresses() : [parse(name)]));
  return [...new Map(all.map((one) => [`${one.name} ${one.prefix}`, one])).values()];
}

function parse(given: string): Address {
  const text = given.replace(/^unix:(?:\/\/(?=\/))?/, '');
  const prefix = text.endsWith('*');
  const name = prefix ? text.slice(0, -1) : text;
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || name === '@' || bytes > NAME_BYTES || name.includes('\0')) {
    throw new UsageError(
      'ADDRESS_INVALID',
      `--address: '${given}' is no name of a unix socket`,
      `A path, @NAME for an abstract one, PREFIX*, or auto; at most ${NAME_BYTES} bytes.`,
    );
  }
  return { name: name.startsWith('@') ? name : absolute(name), prefix };
}

/** With the slash at the end, which a prefix may have. */
function absolute(path: string): string {
  const whole = resolve(path);
  return path.endsWith('/') && whole !== '/' ? `${whole}/` : whole;
}

/** Names on which something accepts connections, in this network namespace. */
export function listeningNames(): Set<string> {
  const names = new Set<string>();
  // Num RefCount Protocol Flags Type St Inode Path; the flag says that it accepts connections.
  for (const line of readFileSync('/proc/net/unix', 'latin1').split('\n')) {
    const found = /^\S+ \S+ \S+ 00010000 0001 \S+ +\d+ (.+)$/.exec(line);
    if (found !== null) names.add(Buffer.from(found[1] as string, 'latin1').toString());
  }
  return names;
}

function runtimeAddresses(): Address[] {
  const found = [...listeningNames()].filter((name) => RUNTIME.test(basename(name))).sort();
  if (found.length === 0) {
    throw new DaemonError(
      'DAEMON_NOT_FOUND',
      '--address auto: no container runtime listens on this machine',
      'Start one first, or name the socket that is to come, with --wait.',
    );
  }
  return [...found.map((name) => ({ name, prefix: false })), { name: SHIMS, prefix: true }];
}

/** Is there somebody at this address? */
export function isServed(address: Address, listening: ReadonlySet<string>): boolean {
  const { name, prefix } = address;
  if (prefix) return [...listening].some((one) => one.startsWith(name));
  return listening.has(name) || listening.has(real(name));
}

/** Keys of the map `address_names`: `struct address_key`. */
export function nameKeys(address: Address): Buffer[] {
  const { name, prefix } = address;
  return [...new Set([name, real(name)])].map((one) => {
    const key = Buffer.alloc(4 + NAME_BYTES);
    const abstract = one.startsWith('@');
    const length = Buffer.from(abstract ? `\0${one.slice(1)}` : one).copy(key, 4);
    // A name ends with a NUL, an abstract one with its length: all that is behind it is zero.
    const whole = abstract ? NAME_BYTES : Math.min(length + 1, NAME_BYTES);
    key.writeUInt32LE((prefix ? length : whole) * 8, 0);
    return key;
  });
}

/** Key of the map `address_files`, or undefined when there is no such file: `struct address_file`. */
export function fileKey({ name, prefix }: Address): Buffer | undefined {
  if (prefix || name.startsWith('@')) return undefined;
  try {
    const { ino, dev } = statSync(name, { bigint: true });
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
    const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffffffffn);
    const key = Buffer.alloc(16);
    key.writeBigUInt64LE(ino, 0);
    key.writeBigUInt64LE((major << 20n) | minor, 8);
    return key;
  } catch {
    return undefined;
  }
}

/** Without symbolic links, as far as it exists: /var/run is often one to /run. */
function real(name: string): string {
  if (name.startsWith('@')) return name;
  try {
    const path = realpathSync(name);
    return name.endsWith('/') ? `${path}/` : path;
  } catch {
    const folder = dirname(name);
    if (folder === name) return name;
    const parent = real(folder);
    return parent === folder ? name : join(parent, basename(name));
  }
}
