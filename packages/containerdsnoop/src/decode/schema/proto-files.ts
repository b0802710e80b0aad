import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { DescriptorError, setOfFiles } from './descriptor.js';
import { cannotRead, SchemaError } from './errors.js';
import { schemaFromDescriptorSet } from './from-files.js';
import type { Schema } from './schema.js';

/**
 * The schema of a file that `protoc --descriptor_set_out --include_imports` or `buf build` wrote.
 *
 * @throws {SchemaError} `SCHEMA_UNREADABLE`, `SCHEMA_BAD_SET`
 */
export async function schemaFromDescriptorSetFile(path: string): Promise<Schema> {
  const bytes = await readFile(path).catch((error) => Promise.reject(cannotRead(path, error)));
  try {
    return schemaFromDescriptorSet(bytes);
  } catch (error) {
    if (!(error instanceof DescriptorError)) throw error;
    throw new SchemaError(
      'SCHEMA_BAD_SET',
      `${path} is no descriptor set: ${error.message}`,
      'Make one with protoc --include_imports --descriptor_set_out=FILE FILE.proto, or give --proto.',
      { cause: error },
    );
  }
}

/**
 * The schema of .proto files, with what they import: looked for in their own folders and those above
 * them, since imports are relative to a root that the files do not name.
 *
 * @throws {SchemaError} `SCHEMA_UNREADABLE`, `SCHEMA_BAD_PROTO`
 */
export async function schemaFromProtoFiles(paths: readonly string[]): Promise<Schema> {
  for (const path of paths) {
    await readFile(path).catch((error) => Promise.reject(cannotRead(path, error)));
  }
  return schemaFromDescriptorSet(setOfFiles(await load(paths)));
}

/** FileDescriptorProtos, one for each package. The loader is large, and most runs need none. */
async function load(paths: readonly string[]): Promise<Uint8Array[]> {
  const loader = await import('@grpc/proto-loader');
  const folders = paths.flatMap((path) => ancestors(dirname(resolve(path))));
  const names = paths.map((path) => basename(path));
  const definitions = await loader
    .load(names, { keepCase: true, includeDirs: [...new Set(folders)] })
    .catch((error: Error) => {
      throw new SchemaError(
        'SCHEMA_BAD_PROTO',
        `cannot read ${paths.join(', ')}: ${error.message}`,
        'Imports are looked for in the folders of the files and above; --descriptor-set takes what protoc wrote.',
        { cause: error },
      );
    });
  const files = new Map<string, Uint8Array>();
  for (const definition of Object.values(definitions)) {
    if (!Array.isArray(definition.fileDescriptorProtos)) continue;
    // Each definition brings the files of all that it refers to.
    for (const bytes of definition.fileDescriptorProtos) files.set(bytes.toString('base64'), bytes);
  }
  return [...files.values()];
}

function ancestors(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}
