import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What a file of ours begins with; another version of the format is another name. */
const MAGIC = Buffer.from('imagesnoop schema 1\n');
const DIGEST_BYTES = 32;
const HEADER_BYTES = MAGIC.length + DIGEST_BYTES;
/** Descriptors of the largest known program take 0.4 MiB. */
const MAX_BYTES = 16 << 20;
/** More than the programs and versions on one machine; the oldest go. */
const MAX_FILES = 32;

/** Where descriptors of executables are kept: a folder of root's for root, else the user's own. */
export function cacheDirectory(): string {
  if (process.geteuid?.() === 0) return '/var/cache/imagesnoop';
  const configured = process.env.XDG_CACHE_HOME;
  const base = configured?.startsWith('/') ? configured : join(homedir(), '.cache');
  return join(base, 'imagesnoop');
}

/**
 * One cached descriptor set. It is opened while the process may do so, and written when the set is
 * known, which may be after privileges were given up. Whatever is wrong with folder or file, there
 * is no error: then there is no cache.
 */
export class CacheEntry {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * @param key becomes part of the file's name: hexadecimal digits
   * @returns null when the folder or the file belongs to, or can be changed by, anyone else
   */
  static async open(key: string, directory = cacheDirectory()): Promise<CacheEntry | null> {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      if (!isOurs(await lstat(directory), 'directory')) return null;
      await forgetOldest(directory);
      const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
      const flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
      const file = await open(join(directory, `schema-1-${key}`), flags, 0o600);
      if (isOurs(await file.stat(), 'file')) return new CacheEntry(file);
      await file.close();
      return null;
    } catch {
      return null;
    }
  }

  /** The set, or null when none was written, or not whole. */
  async read(): Promise<Buffer | null> {
    try {
      const { size } = await this.#file.stat();
      if (size <= HEADER_BYTES || size > MAX_BYTES) return null;
      const bytes = Buffer.alloc(size);
      await this.#file.read(bytes, 0, size, 0);
      const set = bytes.subarray(HEADER_BYTES);
      const whole = Buffer.concat([MAGIC, digest(set)]).equals(bytes.subarray(0, HEADER_BYTES));
      return whole ? set : null;
    } catch {
      return null;
    }
  }

  async write(set: Buffer): Promise<void> {
    try {
      await this.#file.truncate(0);
      await this.#file.write(Buffer.concat([MAGIC, digest(set), set]), 0, undefined, 0);
    } catch {
      // A full disk costs the next start 0.1 s, no more.
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function isOurs(
  entry: { uid: number; mode: number; nlink: number; isFile(): boolean; isDirectory(): boolean },
  kind: 'file' | 'directory',
): boolean {
  if (entry.uid !== process.geteuid?.() || (entry.mode & 0o022) !== 0) return false;
  return kind === 'file' ? entry.isFile() && entry.nlink === 1 : entry.isDirectory();
}

async function forgetOldest(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('schema-'));
  if (names.length < MAX_FILES) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(directory, name))).mtimeMs })),
  );
  aged.sort((a, b) => a.at - b.at);
  const old = aged.slice(0, names.length - MAX_FILES + 1);
  await Promise.all(old.map(({ name }) => unlink(join(directory, name))));
}
