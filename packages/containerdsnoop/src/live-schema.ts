import { readlink, stat } from 'node:fs/promises';
import type { Schema } from './decode/schema/index.js';

/** How soon a program that was replaced is looked into. A daemon takes longer to start. */
const LOOK_MS = 100;

/** An executable that serves a socket, by where it is installed. */
interface Program {
  readonly path: string;
  version: string;
}

/**
 * The schema of servers that may be upgraded while they are traced. Who has given up root may not
 * ask a new process for its executable, but programs are for all to read where they are installed:
 * one that is replaced there is read before the daemon that it will be is up. What the old one knew
 * stays known.
 */
export class LiveSchema implements Schema {
  /** For `-v`. */
  readonly notes: string[] = [];
  readonly #programs: Program[] = [];
  #current: Schema | undefined;
  #lookedMs = 0;

  /** A program whose schema is, or will be, part of what is given to `begin()`. */
  async add(path: string): Promise<void> {
    try {
      const installed = (await readlink(path).catch(() => path)).replace(/ \(deleted\)$/, '');
      this.#programs.push({ path: installed, version: await versionOf(path) });
    } catch {
      // It has ended.
    }
  }

  begin(schema: Schema): this {
    this.#current = schema;
    return this;
  }

  /** To be called before each batch. Never fails: what cannot be read becomes a note. */
  async follow(nowMs = performance.now()): Promise<void> {
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    for (const program of this.#programs) {
      const version = await versionOf(program.path).catch(() => program.version);
      if (version === program.version) continue;
      program.version = version;
      await this.#read(program.path);
    }
  }

  async #read(path: string): Promise<void> {
    try {
      const { joinSchemas, schemaFromExecutable } = await import('./decode/schema/index.js');
      const schema = await schemaFromExecutable(path);
      this.#current = joinSchemas(schema, this.#schema);
      this.notes.push(`schema: ${schema.methods.size} methods from the new ${path}`);
    } catch (error) {
      this.notes.push(`schema: none from the new ${path}: ${(error as Error).message}`);
    }
  }

  get #schema(): Schema {
    if (this.#current === undefined) throw new Error('begin() comes first');
    return this.#current;
  }

  get methods(): Schema['methods'] {
    return this.#schema.methods;
  }

  get files(): Schema['files'] {
    return this.#schema.files;
  }

  get set(): Schema['set'] {
    return this.#schema.set;
  }

  type(name: string): ReturnType<Schema['type']> {
    return this.#schema.type(name);
  }
}

async function versionOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path);
  return `${dev} ${ino} ${size} ${mtimeMs}`;
}
