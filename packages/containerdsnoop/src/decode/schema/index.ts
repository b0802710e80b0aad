export { cacheDirectory } from './cache.js';
export { DescriptorError } from './descriptor.js';
export { emitProtos } from './emit-protos.js';
export { SchemaError } from './errors.js';
export { type ExecutableOptions, ExecutableSchema, schemaFromExecutable } from './executable.js';
export { descriptorsIn, joinSchemas, schemaFromDescriptorSet } from './from-files.js';
export { schemaFromDescriptorSetFile, schemaFromProtoFiles } from './proto-files.js';
export type { EnumType, MessageField, MessageType, Method, ProtoFile, Schema } from './schema.js';
