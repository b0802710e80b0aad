import { redactionOf } from '../../redact/rules.js';
import { join, resolve } from './names.js';
import {
  DENSE_FIELDS,
  type EnumType,
  KIND,
  type Kind,
  type MessageField,
  type MessageType,
  type Method,
  type ProtoEnum,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type Schema,
} from './schema.js';
import { shownAs, wellKnownFiles } from './well-known.js';

/**
 * A schema of these files. Where two files describe the same message, as happens when a program
 * carries two generations of generated code, the first one counts. A type that no file describes is
 * not an error: it has no fields, and what it holds is shown as unknown fields are.
 *
 * @param set the FileDescriptorSet that the files were read from
 */
export function linkSchema(files: readonly ProtoFile[], set: Uint8Array): Schema {
  const linker = new Linker([...wellKnownFiles, ...files]);
  return { methods: linker.methods(), type: (name) => linker.message(name), files, set };
}

interface Declared {
  readonly message: ProtoMessage;
  readonly file: ProtoFile;
}

type Building = { -readonly [K in keyof MessageType]: MessageType[K] } & {
  fields: Map<number, MessageField>;
  dense: (MessageField | undefined)[];
};

class Linker {
  readonly #files: readonly ProtoFile[];
  readonly #declared = new Map<string, Declared>();
  readonly #enums = new Map<string, ProtoEnum>();
  readonly #messages = new Map<string, MessageType>();
  readonly #enumTypes = new Map<string, EnumType>();

  constructor(files: readonly ProtoFile[]) {
    this.#files = files;
    for (const file of files) this.#declare(file, file.package, file.messages, file.enums);
  }

  methods(): Map<string, Method> {
    const methods = new Map<string, Method>();
    for (const file of this.#files) {
      for (const service of file.services) {
        for (const method of service.methods) {
          const path = `/${join(file.package, service.name)}/${method.name}`;
          if (methods.has(path)) continue;
          methods.set(path, {
            path,
            request: this.#referred(method.input, file.package),
            response: this.#referred(method.output, file.package),
            clientStreaming: method.clientStreaming,
            serverStreaming: method.serverStreaming,
          });
        }
      }
    }
    return methods;
  }

  /** A message is linked when it is first asked for, with all that it refers to. */
  message(name: string): MessageType | undefined {
    const done = this.#messages.get(name);
    if (done !== undefined) return done;
    const declared = this.#declared.get(name);
    if (declared === undefined) return undefined;
    const type = emptyType(name, true);
    this.#messages.set(name, type);
    for (const field of declared.message.fields) {
      const linked = this.#field(field, name, declared);
      type.fields.set(field.number, linked);
      if (field.number < DENSE_FIELDS) type.dense[field.number] = linked;
    }
    return type;
  }

  #declare(
    file: ProtoFile,
    scope: string,
    messages: readonly ProtoMessage[],
    enums: readonly ProtoEnum[],
  ): void {
    for (const each of enums) {
      const name = join(scope, each.name);
      if (!this.#enums.has(name)) this.#enums.set(name, each);
    }
    for (const message of messages) {
      const name = join(scope, message.name);
      if (!this.#declared.has(name)) this.#declared.set(name, { message, file });
      this.#declare(file, name, message.messages, message.enums);
    }
  }

  #field(field: ProtoField, scope: string, { message, file }: Declared): MessageField {
    const { number, name } = field;
    const isMessage = field.kind === KIND.message || field.kind === KIND.group;
    const type = isMessage ? this.#referred(field.typeName ?? '', scope) : null;
    const entry = type && this.#declared.get(type.name)?.message.mapEntry ? type : null;
    const key = entry?.dense[1];
    const value = entry?.dense[2];
    return {
      number,
      name,
      kind: field.kind,
      wire: wireOf(field.kind),
      repeated: field.label === 'repeated',
      map: key === undefined || value === undefined ? null : { key, value },
      message: type,
      enumeration: field.kind === KIND.enum ? this.#enumeration(field.typeName ?? '', scope) : null,
      presence: isMessage || hasPresence(field, file),
      redact: redactionOf({
        message: scope,
        field: name,
        kind: field.kind,
        sensitive: field.sensitive,
        repeated: field.label === 'repeated',
        map: entry !== null,
        mapEntry: message.mapEntry,
      }),
      jsonKey: Buffer.from(`"${name}":`),
      textKey: Buffer.from(`${name}:`),
    };
  }

  #enumeration(typeName: string, scope: string): EnumType {
    const name = resolve(typeName, scope, (each) => this.#enums.has(each));
    const done = this.#enumTypes.get(name);
    if (done !== undefined) return done;
    const values = new Map<number, string>();
    for (const { name: value, number } of this.#enums.get(name)?.values ?? []) {
      if (!values.has(number)) values.set(number, value);
    }
    const type = { name, values };
    this.#enumTypes.set(name, type);
    return type;
  }

  #referred(typeName: string, scope: string): MessageType {
    const name = resolve(typeName, scope, (each) => this.#declared.has(each));
    const found = this.message(name);
    if (found !== undefined) return found;
    const unknown = emptyType(name, false);
    this.#messages.set(name, unknown);
    return unknown;
  }
}

function emptyType(name: string, known: boolean): Building {
  const dense = new Array(DENSE_FIELDS).fill(undefined);
  return { name, known, fields: new Map(), dense, shown: shownAs(name) };
}

function hasPresence(field: ProtoField, { syntax }: ProtoFile): boolean {
  if (field.label === 'repeated') return false;
  if (field.oneof !== null || field.proto3Optional || syntax === 'proto2') return true;
  return syntax === 'editions' && !field.implicitPresence;
}

const FIXED64: readonly Kind[] = [KIND.double, KIND.fixed64, KIND.sfixed64];
const FIXED32: readonly Kind[] = [KIND.float, KIND.fixed32, KIND.sfixed32];
const SPANS: readonly Kind[] = [KIND.string, KIND.bytes, KIND.message];

/** The wire type of one value of a kind. */
export function wireOf(kind: Kind): number {
  if (SPANS.includes(kind)) return 2;
  if (FIXED64.includes(kind)) return 1;
  if (FIXED32.includes(kind)) return 5;
  return kind === KIND.group ? 3 : 0;
}
