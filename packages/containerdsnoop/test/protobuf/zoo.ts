import { fileURLToPath } from 'node:url';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { schemaFromProtoFiles } from '../../src/decode/schema/proto-files.js';
import type { MessageType } from '../../src/decode/schema/schema.js';

const PROTO = fileURLToPath(new URL('zoo.proto', import.meta.url));
const service = loadSync(PROTO, { keepCase: true })['zoo.v1.Zoo'] as ServiceDefinition;

export const zooPath = PROTO;
export const zoo = await schemaFromProtoFiles([PROTO]);

/** A message of the zoo's schema. */
export function zooType(name: string): MessageType {
  const type = zoo.type(`zoo.v1.${name}`);
  if (type === undefined) throw new Error(`no message ${name}`);
  return type;
}

/** An Animal as another implementation of protobuf writes it. */
export function animal(value: object): Buffer {
  return (service.Feed as NonNullable<typeof service.Feed>).requestSerialize(value);
}
