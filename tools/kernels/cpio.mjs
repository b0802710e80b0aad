// A writer of cpio archives in the "newc" form, the one the kernel unpacks as its first root.
// Source: Documentation/driver-api/early-userspace/buffer-format.rst in the kernel tree.

const DIRECTORY = 0o040000;
const FILE = 0o100000;

/**
 * @typedef {{ path: string, mode?: number, data?: Uint8Array | string }} Entry
 *   without data: a directory; mode is the permission bits
 */

/**
 * @param {readonly Entry[]} entries parents before their children
 * @returns {Buffer} a complete archive, padded to 512 bytes so that another may follow
 */
export function cpio(entries) {
  const chunks = entries.map((entry, index) => member(entry, index + 1));
  chunks.push(header('TRAILER!!!', 0, 0, 0, 1));
  const archive = Buffer.concat(chunks);
  return Buffer.concat([archive, Buffer.alloc(-archive.length & 511)]);
}

function member({ path, mode, data }, inode) {
  const body = Buffer.from(data ?? '');
  const kind = data === undefined ? DIRECTORY : FILE;
  const bits = mode ?? (kind === FILE ? 0o644 : 0o755);
  return Buffer.concat([header(path, inode, kind | bits, body.length, 1), padded(body)]);
}

function header(path, inode, mode, size, links) {
  const name = Buffer.from(`${path}\0`);
  const numbers = [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name.length, 0];
  const text = `070701${numbers.map((each) => each.toString(16).padStart(8, '0')).join('')}`;
  return padded(Buffer.concat([Buffer.from(text), name]));
}

const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
