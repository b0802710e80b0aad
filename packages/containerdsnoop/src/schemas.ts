import { stat } from 'node:fs/promises';
import type { ExecutableSchema, Schema } from './decode/schema/index.js';
import { LiveSchema } from './live-schema.js';

/** Where descriptions of services come from beside the servers themselves. */
export interface SchemaSources {
  /** Executables. */
  readonly executables?: readonly string[];
  /** .proto files. */
  readonly protos?: readonly string[];
  /** FileDescriptorSets, as `protoc --descriptor_set_out` writes them. */
  readonly descriptorSets?: readonly string[];
}

/** A process that serves one of the sockets. */
export interface Server {
  readonly pid: number;
  readonly comm: string;
}

/** Loaded when needed: attaching comes first. */
const load = () => import('./decode/schema/index.js');
const openBundled = async () => (await import('./bundled-schema.js')).openBundledSchema();

/** More programs than serve sockets on one node; the next ones are not looked into. */
const MAX_EXECUTABLES = 8;

/**
 * The descriptions of the services that are to be decoded. Files are opened first, by `open()` and
 * `openServers()`, while the process may; `read()` looks at the contents of executables, which are
 * others', when it may not any more.
 */
export class Schemas {
  /** For `-v`. */
  readonly notes: string[] = [];
  /** Follows the programs of `openServers()`, once it has begun with what `read()` returns. */
  readonly live = new LiveSchema();
  readonly #given: Schema[] = [];
  #bundled: (() => Schema) | undefined;
  readonly #executables: { name: string; executable: ExecutableSchema; required: boolean }[] = [];

  /** @throws SchemaError for what is named and cannot be read */
  async open({ executables = [], protos = [], descriptorSets = [] }: SchemaSources): Promise<void> {
    if (executables.length + protos.length + descriptorSets.length === 0) return;
    const { ExecutableSchema, schemaFromDescriptorSetFile, schemaFromProtoFiles } = await load();
    if (protos.length > 0) this.#given.push(await schemaFromProtoFiles([...protos]));
    for (const path of descriptorSets) this.#given.push(await schemaFromDescriptorSetFile(path));
    for (const path of executables) {
      const executable = await ExecutableSchema.open(path);
      this.#executables.push({ name: path, executable, required: true });
    }
  }

  /**
   * Never fails: what cannot be opened becomes a note.
   *
   * @param programs executables that will serve a socket when they are started
   */
  async openServers(servers: readonly Server[], programs: readonly string[] = []): Promise<void> {
    this.#bundled = await openBundled();
    // The init system holds the sockets of services that it starts when they are used.
    const running = servers
      .filter(({ pid }) => pid !== 1)
      .map(({ pid, comm }) => ({ path: `/proc/${pid}/exe`, name: `${comm} (${pid})` }));
    const coming = programs.map((path) => ({ path, name: path }));
    const { ExecutableSchema } = await load();
    const seen = new Set<string>();
    for (const { path, name } of [...running, ...coming]) {
      if (seen.size >= MAX_EXECUTABLES) return;
      try {
        const { dev, ino } = await stat(path);
        if (seen.has(`${dev} ${ino}`)) continue;
        seen.add(`${dev} ${ino}`);
        const executable = await ExecutableSchema.open(path);
        this.#executables.push({ name, executable, required: false });
        await this.live.add(path);
      } catch (error) {
        this.notes.push(`schema: ${(error as Error).message}`);
      }
    }
  }

  /** As `read()`, but undefined where none was named. */
  async given(): Promise<Schema | undefined> {
    const named = this.#given.length + this.#executables.length > 0;
    return named ? this.read() : undefined;
  }

  /**
   * All of them as one, or what comes with this package where there is none.
   *
   * @throws SchemaError when an executable that was named holds none
   */
  async read(): Promise<Schema> {
    const schemas = [...this.#given];
    try {
      for (const { name, executable, required } of this.#executables) {
        try {
          const schema = await executable.read();
          this.notes.push(`schema: ${schema.methods.size} methods from ${name}`);
          schemas.push(schema);
        } catch (error) {
          if (required) throw error;
          this.notes.push(`schema: none from ${name}: ${(error as Error).message}`);
        }
      }
    } finally {
      await this.close();
    }
    const { joinSchemas } = await load();
    const [only, ...others] = schemas;
    if (only === undefined) {
      this.notes.push('schema: the one that comes with containerdsnoop');
      return (this.#bundled ?? (await openBundled()))();
    }
    return others.length === 0 ? only : joinSchemas(only, ...others);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const { executable } of this.#executables.splice(0)) await executable.close();
  }
}
