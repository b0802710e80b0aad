import { varintOf } from '../protobuf/varint.js';
import { WireReader } from '../protobuf/wire-reader.js';
import {
  KIND,
  type Kind,
  type ProtoEnum,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoMethod,
  type ProtoService,
} from './schema.js';

/** Thrown for bytes that are no description of a .proto file. */
export class DescriptorError extends Error {
  override readonly name = 'DescriptorError';
}

/** Messages inside of messages deeper than this are nobody's. */
const MAX_DEPTH = 32;
/** FieldOptions: `debug_redact`, and the extension `csi_secret` of the CSI. */
const DEBUG_REDACT = 16;
const CSI_SECRET = 1059;

/**
 * Reads a FileDescriptorProto (google/protobuf/descriptor.proto), as far as we use it.
 *
 * @throws {DescriptorError}
 */
export function readProtoFile(bytes: Uint8Array): ProtoFile {
  const file = {
    name: '',
    package: '',
    syntax: 'proto2' as ProtoFile['syntax'],
    dependencies: [] as string[],
    messages: [] as ProtoMessage[],
    enums: [] as ProtoEnum[],
    services: [] as ProtoService[],
  };
  eachField(new WireReader(bytes), 0, (reader, depth) => {
    if (reader.field === 1) file.name = text(reader);
    else if (reader.field === 2) file.package = identifier(reader, true);
    else if (reader.field === 3) file.dependencies.push(text(reader));
    else if (reader.field === 4) file.messages.push(readMessage(reader, depth));
    else if (reader.field === 5) file.enums.push(readEnum(reader, depth));
    else if (reader.field === 6) file.services.push(readService(reader, depth));
    else if (reader.field === 12) file.syntax = syntaxOf(text(reader));
  });
  return file;
}

/** The FileDescriptorProtos in a FileDescriptorSet. */
export function* filesInSet(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === 2) yield bytes.subarray(reader.start, reader.stop);
  }
  if (reader.state !== 'end') throw new DescriptorError('a descriptor set that ends inside a file');
}

/** A FileDescriptorSet of these files. */
export function setOfFiles(files: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    files.flatMap((file) => [Buffer.from([0x0a, ...varintOf(file.length)]), file]),
  );
}

function readMessage(outer: WireReader, outerDepth: number): ProtoMessage {
  const message = {
    name: '',
    fields: [] as ProtoField[],
    messages: [] as ProtoMessage[],
    enums: [] as ProtoEnum[],
    oneofs: [] as string[],
    mapEntry: false,
  };
  inside(outer, outerDepth, (reader, depth) => {
    if (reader.field === 1) message.name = identifier(reader);
    else if (reader.field === 2) message.fields.push(readField(reader, depth));
    else if (reader.field === 3) message.messages.push(readMessage(reader, depth));
    else if (reader.field === 4) message.enums.push(readEnum(reader, depth));
    else if (reader.field === 7) message.mapEntry = readFlags(reader, depth).has(7);
    else if (reader.field === 8) message.oneofs.push(readName(reader, depth));
  });
  return message;
}

function readField(outer: WireReader, outerDepth: number): ProtoField {
  const field = {
    name: '',
    number: 0,
    label: 'optional' as ProtoField['label'],
    kind: KIND.bytes as Kind,
    typeName: null as string | null,
    oneof: null as number | null,
    proto3Optional: false,
    sensitive: false,
    implicitPresence: false,
  };
  inside(outer, outerDepth, (reader, depth) => {
    if (reader.field === 1) field.name = identifier(reader);
    else if (reader.field === 3) field.number = number(reader);
    else if (reader.field === 4) field.label = labelOf(number(reader));
    else if (reader.field === 5) field.kind = kindOf(number(reader));
    else if (reader.field === 6) field.typeName = identifier(reader, true);
    else if (reader.field === 8) {
      const flags = readFlags(reader, depth);
      field.sensitive = flags.has(DEBUG_REDACT) || flags.has(CSI_SECRET);
      field.implicitPresence = flags.has(IMPLICIT_PRESENCE);
    } else if (reader.field === 9) field.oneof = number(reader);
    else if (reader.field === 17) field.proto3Optional = number(reader) === 1;
  });
  if (field.number === 0) throw new DescriptorError(`field ${field.name} has no number`);
  return field;
}

/** FieldOptions.features.field_presence = IMPLICIT, under a number that no option has. */
const IMPLICIT_PRESENCE = -1;

/** The numbers of options that are true. */
function readFlags(outer: WireReader, outerDepth: number): Set<number> {
  const flags = new Set<number>();
  inside(outer, outerDepth, (reader, depth) => {
    if (reader.wire === 0 && reader.low === 1) flags.add(reader.field);
    else if (reader.field === 21 && reader.wire === 2) {
      inside(reader, depth, (features) => {
        if (features.field === 1 && features.low === 2) flags.add(IMPLICIT_PRESENCE);
      });
    }
  });
  return flags;
}

function readName(outer: WireReader, outerDepth: number): string {
  let name = '';
  inside(outer, outerDepth, (reader) => {
    if (reader.field === 1) name = identifier(reader);
  });
  return name;
}

function readEnum(outer: WireReader, outerDepth: number): ProtoEnum {
  const result = { name: '', values: [] as { name: string; number: number }[] };
  inside(outer, outerDepth, (reader, depth) => {
    if (reader.field === 1) result.name = identifier(reader);
    else if (reader.field === 2) {
      const value = { name: '', number: 0 };
      inside(reader, depth, (each) => {
        if (each.field === 1) value.name = identifier(each);
        else if (each.field === 2) value.number = number(each);
      });
      result.values.push(value);
    }
  });
  return result;
}

function readService(outer: WireReader, outerDepth: number): ProtoService {
  const service = { name: '', methods: [] as ProtoMethod[] };
  inside(outer, outerDepth, (reader, depth) => {
    if (reader.field === 1) service.name = identifier(reader);
    else if (reader.field === 2) service.methods.push(readMethod(reader, depth));
  });
  return service;
}

function readMethod(outer: WireReader, outerDepth: number): ProtoMethod {
  const method = {
    name: '',
    input: '',
    output: '',
    clientStreaming: false,
    serverStreaming: false,
  };
  inside(outer, outerDepth, (reader) => {
    if (reader.field === 1) method.name = identifier(reader);
    else if (reader.field === 2) method.input = identifier(reader, true);
    else if (reader.field === 3) method.output = identifier(reader, true);
    else if (reader.field === 5) method.clientStreaming = number(reader) === 1;
    else if (reader.field === 6) method.serverStreaming = number(reader) === 1;
  });
  return method;
}

/** Calls `each` for the fields of the message that `reader` has just found. */
function inside(
  reader: WireReader,
  depth: number,
  each: (reader: WireReader, depth: number) => void,
): void {
  if (reader.wire !== 2) throw new DescriptorError(`field ${reader.field} is no message`);
  const { at, end } = reader;
  reader.at = reader.start;
  reader.end = reader.stop;
  eachField(reader, depth + 1, each);
  reader.at = at;
  reader.end = end;
}

function eachField(
  reader: WireReader,
  depth: number,
  each: (reader: WireReader, depth: number) => void,
): void {
  if (depth > MAX_DEPTH) throw new DescriptorError('messages nest too deep');
  while (reader.next()) each(reader, depth);
  if (reader.state !== 'end') throw new DescriptorError('ends inside a field');
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function text({ bytes, start, stop, wire, field }: WireReader): string {
  if (wire !== 2) throw new DescriptorError(`field ${field} is no text`);
  try {
    return decoder.decode(bytes.subarray(start, stop));
  } catch {
    throw new DescriptorError(`field ${field} is not UTF-8`);
  }
}

const NAME = /^[A-Za-z_]\w*$/;
const PATH = /^\.?[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** Names end up in output and in file names: only what a compiler takes is a name. */
function identifier(reader: WireReader, dots = false): string {
  const name = text(reader);
  if (!(dots ? PATH : NAME).test(name)) throw new DescriptorError(`field ${reader.field}: no name`);
  return name;
}

function number(reader: WireReader): number {
  if (reader.wire !== 0) throw new DescriptorError(`field ${reader.field} is no number`);
  return reader.low;
}

function labelOf(value: number): ProtoField['label'] {
  return value === 3 ? 'repeated' : value === 2 ? 'required' : 'optional';
}

function kindOf(value: number): Kind {
  if (!(value >= 1 && value <= 18)) throw new DescriptorError(`no type of field: ${value}`);
  return value as Kind;
}

function syntaxOf(value: string): ProtoFile['syntax'] {
  if (value === 'proto2' || value === 'proto3' || value === 'editions') return value;
  throw new DescriptorError(`unknown syntax`);
}
