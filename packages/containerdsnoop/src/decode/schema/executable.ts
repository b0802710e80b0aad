import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { CacheEntry } from './cache.js';
import { setOfFiles } from './descriptor.js';
import { buildIdIn, ELF_HEAD_BYTES, type FileRange, readElf } from './elf.js';
import { cannotRead, SchemaError } from './errors.js';
import { descriptorsIn, schemaFromDescriptorSet } from './from-files.js';
import type { Schema } from './schema.js';

/** Larger executables are refused: all of their data is read. The largest known has 0.2 GiB. */
const MAX_DATA_BYTES = 512 << 20;
const MAX_NOTES_BYTES = 1 << 20;

export interface ExecutableOptions {
  /** Whether descriptors found may be kept by build id, and taken from there. Default true. */
  readonly cache?: boolean;
  /** Default: `cacheDirectory()`. */
  readonly cacheDirectory?: string;
}

/**
 * The schema inside of an executable: every service and message that the program was compiled with.
 * Opening needs the right to read the file (for `/proc/PID/exe` of another user: root); reading,
 * where its contents are looked at, needs no rights.
 */
export class ExecutableSchema {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #parts: readonly FileRange[];
  readonly #cache: CacheEntry | null;

  private constructor(
    file: FileHandle,
    path: string,
    parts: readonly FileRange[],
    cache: CacheEntry | null,
  ) {
    this.#file = file;
    this.#path = path;
    this.#parts = parts;
    this.#cache = cache;
  }

  /** @throws {SchemaError} `SCHEMA_UNREADABLE` when there is no such file, or it may not be read */
  static async open(path: string, options: ExecutableOptions = {}): Promise<ExecutableSchema> {
    let file: FileHandle | undefined;
    try {
      file = await open(path);
      const { size, uid, mode } = await file.stat();
      const elf = readElf(await read(file, { offset: 0, length: Math.min(size, ELF_HEAD_BYTES) }));
      const parts = elf?.data ?? [{ offset: 0, length: size }];
      const id = elf === null ? null : await buildId(file, elf.notes);
      // A build id can be forged: only programs of root's are believed to be the one they name.
      const trusted = uid === 0 && (mode & 0o022) === 0;
      const kept = options.cache !== false && trusted && id !== null;
      const cache = kept ? await CacheEntry.open(cacheKey(id, size), options.cacheDirectory) : null;
      return new ExecutableSchema(file, path, parts, cache);
    } catch (error) {
      await file?.close();
      throw cannotRead(path, error);
    }
  }

  /** @throws {SchemaError} `SCHEMA_NONE` when it holds no descriptors */
  async read(): Promise<Schema> {
    return schemaFromDescriptorSet(await this.#set());
  }

  async close(): Promise<void> {
    await this.#cache?.close();
    await this.#file.close();
  }

  async #set(): Promise<Buffer> {
    const cached = await this.#cache?.read();
    if (cached) return cached;
    const parts: Buffer[] = [];
    let total = 0;
    for (const part of this.#parts) {
      total += part.length;
      if (total > MAX_DATA_BYTES) break;
      parts.push(
        await read(this.#file, part).catch((error) =>
          Promise.reject(cannotRead(this.#path, error)),
        ),
      );
    }
    const files = descriptorsIn(parts);
    if (files.length === 0) {
      throw new SchemaError(
        'SCHEMA_NONE',
        `${this.#path} holds no description of services`,
        'It is not a Go gRPC program, or it is packed; give --proto or --descriptor-set.',
      );
    }
    const set = setOfFiles(files);
    await this.#cache?.write(set);
    return set;
  }
}

/**
 * The schema inside of an executable, from the cache where its build id is known.
 *
 * @param path of the executable, e.g. `/proc/PID/exe`, which works for deleted files too
 * @throws {SchemaError} `SCHEMA_UNREADABLE`, `SCHEMA_NONE`
 */
export async function schemaFromExecutable(
  path: string,
  options: ExecutableOptions = {},
): Promise<Schema> {
  const executable = await ExecutableSchema.open(path, options);
  try {
    return await executable.read();
  } finally {
    await executable.close();
  }
}

function cacheKey(id: Buffer, size: number): string {
  return createHash('sha256').update(id).update(`/${size}`).digest('hex').slice(0, 32);
}

async function buildId(file: FileHandle, notes: readonly FileRange[]): Promise<Buffer | null> {
  for (const { offset, length } of notes) {
    const id = buildIdIn(await read(file, { offset, length: Math.min(length, MAX_NOTES_BYTES) }));
    if (id !== null) return id;
  }
  return null;
}

/** A part of a file, shorter where the file ends. */
async function read(file: FileHandle, { offset, length }: FileRange): Promise<Buffer> {
  const { size } = await file.stat();
  const wanted = Math.max(0, Math.min(length, size - offset, MAX_DATA_BYTES));
  const bytes = Buffer.allocUnsafe(wanted);
  let done = 0;
  while (done < wanted) {
    const { bytesRead } = await file.read(bytes, done, wanted - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
