import { readFile } from 'node:fs/promises';
import { schemaFromDescriptorSet } from './from-files.js';
import { linkSchema } from './link.js';
import type { Schema } from './schema.js';

/** Descriptors of the containerd and the shim that this package was built beside. */
const FILE = new URL('../schema/containerd.binpb', import.meta.url);

/**
 * The schema that comes with this package, for when the server's executable cannot be read or holds
 * none. Methods and fields that the server has beyond it are shown as unknown.
 */
export async function bundledSchema(): Promise<Schema> {
  return schemaFromDescriptorSet(await readFile(FILE));
}

/** One schema of several: where two describe the same thing, the first one counts. */
export function joinSchemas(...schemas: readonly Schema[]): Schema {
  const set = Buffer.concat(schemas.map((schema) => schema.set));
  return linkSchema(
    schemas.flatMap(({ files }) => files),
    set,
  );
}
