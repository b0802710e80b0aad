import { readFile } from 'node:fs/promises';
import { schemaFromDescriptorSet } from './decode/schema/from-files.js';
import type { Schema } from './decode/schema/schema.js';

/** Descriptors of Debian's containerd and its shim; made by tools/schemas. */
const FILE = new URL('../schema/containerd.binpb', import.meta.url);

/**
 * The schema that comes with this package, for when a server's executable cannot be read or holds
 * none. Methods and fields that the server has beyond it are shown as unknown.
 *
 * @returns makes it, from what was read now: a process that gave up root may not read it any more
 */
export async function openBundledSchema(): Promise<() => Schema> {
  const set = await readFile(FILE);
  return () => schemaFromDescriptorSet(set);
}
