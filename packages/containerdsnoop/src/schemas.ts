import { stat } from 'node:fs/promises';
import { openBundledSchema } from './bundled-schema.js';
import {
  ExecutableSchema,
  joinSchemas,
  type Schema,
  schemaFromDescriptorSetFile,
  schemaFromProtoFiles,
} from './decode/schema/index.js';

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
  readonly #given: Schema[] = [];
  #bundled: (() => Schema) | undefined;
  readonly #executables: { name: string; executable: ExecutableSchema; required: boolean }[] = [];

  /** @throws SchemaError for what is named and cannot be read */
  async open({ executables = [], protos = [], descriptorSets = [] }: SchemaSources): Promise<void> {
    this.#bundled = await openBundledSchema();
    if (protos.length > 0) this.#given.push(await schemaFromProtoFiles([...protos]));
    for (const path of descriptorSets) this.#given.push(await schemaFromDescriptorSetFile(path));
    for (const path of executables) {
      const executable = await ExecutableSchema.open(path);
      this.#executables.push({ name: path, executable, required: true });
    }
  }

  /** Never fails: what cannot be opened becomes a note. */
  async openServers(servers: readonly Server[]): Promise<void> {
    const seen = new Set<string>();
    for (const { pid, comm } of servers) {
      // The init system holds the sockets of services that it starts when they are used.
      if (pid === 1 || seen.size >= MAX_EXECUTABLES) continue;
      try {
        const path = `/proc/${pid}/exe`;
        const { dev, ino } = await stat(path);
        if (seen.has(`${dev} ${ino}`)) continue;
        seen.add(`${dev} ${ino}`);
        const executable = await ExecutableSchema.open(path);
        this.#executables.push({ name: `${comm} (${pid})`, executable, required: false });
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
    const [only, ...others] = schemas;
    if (only === undefined) {
      this.notes.push('schema: the one that comes with containerdsnoop');
      return (this.#bundled ?? (await openBundledSchema()))();
    }
    return others.length === 0 ? only : joinSchemas(only, ...others);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    for (const { executable } of this.#executables.splice(0)) await executable.close();
  }
}
