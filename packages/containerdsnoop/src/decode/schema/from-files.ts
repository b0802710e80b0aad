import { DescriptorError, filesInSet, readProtoFile } from './descriptor.js';
import { linkSchema } from './link.js';
import { scanDescriptors } from './scan.js';
import type { ProtoFile, Schema } from './schema.js';

/**
 * A schema of a FileDescriptorSet, as `protoc --descriptor_set_out --include_imports` and
 * `buf build` write it, or as `descriptorsIn()` returns it.
 *
 * @throws {DescriptorError} when it is none
 */
export function schemaFromDescriptorSet(set: Uint8Array): Schema {
  return linkSchema([...filesInSet(set)].map(readProtoFile), set);
}

/** The descriptions found in (parts of) an executable, each once, in the order of the parts. */
export function descriptorsIn(parts: Iterable<Buffer>): Buffer[] {
  const found = new Map<string, Buffer>();
  for (const part of parts) {
    for (const bytes of scanDescriptors(part)) {
      const file = tryReading(bytes);
      if (file === null) continue;
      // The same file may be there twice, of two generations of generated code.
      const key = `${file.package}/${file.name}`;
      if (!found.has(key)) found.set(key, Buffer.from(bytes));
    }
  }
  return [...found.values()];
}

/** A scan finds bytes that only look like a description. */
function tryReading(bytes: Buffer): ProtoFile | null {
  try {
    const file = readProtoFile(bytes);
    const { messages, enums, services } = file;
    return messages.length + enums.length + services.length > 0 ? file : null;
  } catch (error) {
    if (error instanceof DescriptorError) return null;
    throw error;
  }
}

/** One schema of several: where two describe the same thing, the first one counts. */
export function joinSchemas(...schemas: readonly Schema[]): Schema {
  const set = Buffer.concat(schemas.map((schema) => schema.set));
  return linkSchema(
    schemas.flatMap(({ files }) => files),
    set,
  );
}
