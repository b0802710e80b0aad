import { createHash } from 'node:crypto';
import { constants, readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type BytePath, forFs } from '../files/byte-path.js';
import { type Change, changes } from '../files/changes.js';
import { unreadable } from '../files/errors.js';
import { attributesOf } from '../files/layer-file.js';
import type { MergedFile, MergedTree } from '../files/merged-tree.js';
import { padding, type TarEntry, type TarType, tarEnd, tarHeader } from './tar.js';

const CHUNK_BYTES = 1 << 20;
/** Source: OCI image-spec, layer.md, "Whiteouts". */
const WHITEOUT = '.wh.';

/** What became of an export. */
export interface Exported {
  readonly files: number;
  readonly deleted: number;
  readonly bytes: number;
  /** Of the archive: the layer's DiffID in an image. */
  readonly sha256: string;
  /** Paths that no layer can hold: sockets, and names that would be whiteouts. */
  readonly skipped: readonly BytePath[];
  /** Files that grew or shrank while they were read. */
  readonly unsteady: readonly BytePath[];
}

/**
 * Writes what differs between two trees as a layer of an image (OCI image-spec, layer.md): what was
 * added or changed as it is now, what was deleted as whiteouts. Directories on the way are there, too,
 * so that whoever unpacks the layer can set their times.
 *
 * @throws SneakpeekError FILES_UNREADABLE
 */
export async function writeLayer(
  base: MergedTree,
  now: MergedTree,
  out: FileHandle,
  signal: AbortSignal,
): Promise<Exported> {
  const layer = new LayerWriter(out);
  for (const change of withParents(changes(base, now), now)) {
    if (signal.aborted) break;
    await layer.add(change);
  }
  return layer.end();
}

function* withParents(all: Iterable<Change>, now: MergedTree): Generator<Change> {
  const written = new Set<BytePath>();
  for (const change of all) {
    const parts = change.path.split('/').slice(1, -1);
    for (const [depth, name] of parts.entries()) {
      const path = `/${parts.slice(0, depth + 1).join('/')}`;
      if (written.has(path)) continue;
      // From the root again, which is rare: siblings have the same way.
      let directory = now.root;
      for (const part of parts.slice(0, depth)) {
        directory = now.lookup(directory, part)?.directory ?? [];
      }
      const file = now.lookup(directory, name);
      written.add(path);
      if (file?.directory) {
        yield { change: 'C', path, kind: 'directory', stat: file.stat, file };
      }
    }
    if (change.kind === 'directory') written.add(change.path);
    yield change;
  }
}

class LayerWriter {
  readonly #out: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  /** Files with several names, by device and inode: the first of their names here. */
  readonly #names = new Map<string, BytePath>();
  readonly #skipped: BytePath[] = [];
  readonly #unsteady: BytePath[] = [];
  #files = 0;
  #deleted = 0;
  #bytes = 0;

  constructor(out: FileHandle) {
    this.#out = out;
  }

  async add(change: Change): Promise<void> {
    const { path, file, kind } = change;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (path === '/') return;
    if (name.startsWith(WHITEOUT) || kind === 'socket') return void this.#skipped.push(path);
    if (file === null) {
      const folder = path.slice(1, path.length - name.length);
      this.#deleted++;
      return this.#write(tarHeader(whiteout(`${folder}${WHITEOUT}${name}`)));
    }
    this.#files++;
    if (kind === 'file') return this.#addFile(path.slice(1), file);
    await this.#write(tarHeader(entryOf(path.slice(1), kind, file)));
  }

  async end(): Promise<Exported> {
    await this.#write(tarEnd());
    return {
      ...{ files: this.#files, deleted: this.#deleted, bytes: this.#bytes },
      sha256: this.#hash.digest('hex'),
      ...{ skipped: this.#skipped, unsteady: this.#unsteady },
    };
  }

  async #addFile(path: BytePath, file: MergedFile): Promise<void> {
    const { dev, ino, nlink } = file.stat;
    const key = `${dev}:${ino}`;
    const first = nlink > 1n ? this.#names.get(key) : undefined;
    if (first !== undefined) {
      const entry = { ...entryOf(path, 'link', file), target: first };
      return this.#write(tarHeader(entry));
    }
    if (nlink > 1n) this.#names.set(key, path);
    const source = await openContent(file);
    try {
      const { size } = await source.stat();
      await this.#write(tarHeader({ ...entryOf(path, 'file', file), size }));
      await this.#copy(source, size, path);
      await this.#write(padding(size));
    } finally {
      await source.close();
    }
  }

  /** As many bytes as were promised: what is missing at the end is zeros, what is more is left out. */
  async #copy(source: FileHandle, size: number, path: BytePath): Promise<void> {
    let left = size;
    while (left > 0) {
      const want = Math.min(left, CHUNK_BYTES);
      const { bytesRead } = await source.read(this.#chunk, 0, want, null);
      if (bytesRead === 0) {
        this.#unsteady.push(`/${path}`);
        this.#chunk.fill(0);
      }
      const got = bytesRead === 0 ? want : bytesRead;
      await this.#write(this.#chunk.subarray(0, got));
      left -= got;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      at += (await this.#out.write(bytes, at, bytes.length - at)).bytesWritten;
    }
  }
}

const whiteout = (path: BytePath): TarEntry => ({
  ...{ type: 'file', path, mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: 0n },
});

function entryOf(path: BytePath, type: TarType, file: MergedFile): TarEntry {
  const { stat } = file;
  const rdev = Number(stat.rdev);
  return {
    ...{ type, path: type === 'directory' ? `${path}/` : path, size: 0 },
    ...{ mode: Number(stat.mode), uid: Number(stat.uid), gid: Number(stat.gid) },
    mtimeNs: stat.mtimeNs,
    ...(type === 'symlink' && { target: linkTarget(file.path) }),
    // glibc's gnu_dev_major() and gnu_dev_minor(), for numbers that fit tar.
    device: { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) },
    ...(type !== 'link' && { attributes: portable(attributesOf(file.path)) }),
  };
}

/** Attributes that mean the same elsewhere: users' own and capabilities, not overlayfs' notes. */
function portable(attributes: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const kept = [...attributes].filter(
    ([name]) =>
      name === 'security.capability' ||
      (name.startsWith('user.') && !name.startsWith('user.overlay.')),
  );
  return new Map(kept);
}

function linkTarget(path: BytePath): BytePath {
  try {
    return readlinkSync(forFs(path), { encoding: 'buffer' }).toString('latin1');
  } catch (error) {
    throw unreadable('read link', path, error);
  }
}

async function openContent({ content }: MergedFile): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await open(forFs(content), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw unreadable('read', content, error);
  }
}
