import { join, resolve } from './names.js';
import {
  KIND,
  type Kind,
  type ProtoEnum,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type Schema,
} from './schema.js';
import { wellKnownFiles } from './well-known.js';

/**
 * The schema as .proto files that protoc and Wireshark take, with the text of each by its path.
 * Comments and options are not in descriptors, or not kept; a field whose type no file describes
 * becomes `bytes`, which is the same on the wire. Of google.protobuf, what messages need is among
 * them, since Wireshark brings none of it.
 */
export function emitProtos(schema: Schema): Map<string, string> {
  const described = schema.files.filter(({ package: scope }) => !OPTIONS.test(scope));
  const files = [...described, ...wellKnownFiles];
  const emitter = new Emitter(files);
  const used = files.filter((file) => emitter.hasContent(file));
  return new Map(used.map((file) => [emitter.path(file), emitter.text(file)]));
}

/** Descriptions of descriptors, and of options that are not kept. */
const OPTIONS = /^google\.protobuf(\.|$)/;

const NAMES: Readonly<Record<Kind, string>> = Object.fromEntries(
  Object.entries(KIND).map(([name, kind]) => [kind, name]),
) as Record<Kind, string>;

type EmittedSyntax = 'proto2' | 'proto3';

class Emitter {
  /** Of each message and enum: the file to import for it. */
  readonly #paths = new Map<string, string>();
  readonly #entries = new Map<string, ProtoMessage>();
  readonly #names = new Map<ProtoFile, string>();
  readonly #taken = new Set<string>();

  constructor(files: readonly ProtoFile[]) {
    for (const file of files) {
      const path = this.#freePath(file);
      this.#names.set(file, path);
      this.#own(file, path, file.package, file);
    }
  }

  /** Whether anything is described here and nowhere before. */
  hasContent(file: ProtoFile): boolean {
    const { messages, enums, services, package: scope } = file;
    const names = [...messages, ...enums].map(({ name }) => join(scope, name));
    return services.length > 0 || names.some((name) => this.#isOwn(name, file));
  }

  path(file: ProtoFile): string {
    return this.#names.get(file) as string;
  }

  text(file: ProtoFile): string {
    const syntax = file.syntax === 'proto2' ? 'proto2' : 'proto3';
    const scope = file.package;
    const body = [
      ...file.enums
        .filter(({ name }) => this.#isOwn(join(scope, name), file))
        .map((each) => this.#enum(each, syntax, '')),
      ...file.messages
        .filter(({ name }) => this.#isOwn(join(scope, name), file))
        .map((each) => this.#message(each, join(scope, each.name), syntax, '')),
      ...file.services.map(({ name, methods }) => {
        const lines = methods.map(({ name: method, input, output, ...streams }) => {
          const takes = `${streams.clientStreaming ? 'stream ' : ''}${this.#method(input, scope)}`;
          const gives = `${streams.serverStreaming ? 'stream ' : ''}${this.#method(output, scope)}`;
          return `  rpc ${method}(${takes}) returns (${gives});\n`;
        });
        return `service ${name} {\n${lines.join('')}}\n`;
      }),
    ].join('\n');
    const imports = [...this.#imports(body)].filter((each) => each !== this.path(file)).sort();
    return [
      `syntax = "${syntax}";\n`,
      file.package === '' ? '' : `\npackage ${file.package};\n`,
      imports.length === 0 ? '' : `\n${imports.map((each) => `import "${each}";\n`).join('')}`,
      `\n${body}`,
    ].join('');
  }

  #own(file: ProtoFile, path: string, scope: string, of: ProtoFile | ProtoMessage): void {
    for (const { name } of of.enums) this.#claim(join(scope, name), path);
    for (const message of of.messages) {
      const name = join(scope, message.name);
      if (message.mapEntry && !this.#entries.has(name)) this.#entries.set(name, message);
      this.#claim(name, path);
      this.#own(file, path, name, message);
    }
  }

  /** The first file that describes a thing keeps it, as in the linked schema. */
  #claim(name: string, path: string): void {
    if (!this.#paths.has(name)) this.#paths.set(name, path);
  }

  #isOwn(name: string, file: ProtoFile): boolean {
    return this.#paths.get(name) === this.path(file);
  }

  /** A path from a file's own name, below the folder that is written to, and used once. */
  #freePath({ name, package: scope }: ProtoFile): string {
    const parts = name.split('/').filter((part) => /^[\w.@+-]+$/.test(part) && !/^\.+$/.test(part));
    const own = parts.join('/') || `${scope || 'unnamed'}.proto`;
    let path = own;
    for (let i = 2; this.#taken.has(path.toLowerCase()); i++) {
      path = own.replace(/(\.proto)?$/, `.${i}.proto`);
    }
    this.#taken.add(path.toLowerCase());
    return path;
  }

  #imports(body: string): Set<string> {
    const references = body.matchAll(/(?<=[\s(<,])\.([A-Za-z_][\w.]*)/g);
    const paths = [...references].map(([, name]) => this.#paths.get(name as string));
    return new Set(paths.filter((path) => path !== undefined));
  }

  #message(message: ProtoMessage, scope: string, syntax: EmittedSyntax, indent: string): string {
    const inner = `${indent}  `;
    const parts = [
      ...message.enums.map((each) => this.#enum(each, syntax, inner)),
      ...message.messages
        .filter(({ mapEntry }) => !mapEntry)
        .map((each) => this.#message(each, join(scope, each.name), syntax, inner)),
      ...this.#fields(message, scope, syntax, inner),
    ];
    return `${indent}message ${message.name} {\n${parts.join('')}${indent}}\n`;
  }

  #fields(message: ProtoMessage, scope: string, syntax: EmittedSyntax, indent: string): string[] {
    const real = (field: ProtoField) => field.oneof !== null && !field.proto3Optional;
    const plain = message.fields
      .filter((field) => !real(field))
      .map((field) => this.#field(field, scope, labelOf(field, syntax), indent));
    const oneofs = message.oneofs.flatMap((name, index) => {
      const members = message.fields.filter((field) => real(field) && field.oneof === index);
      if (members.length === 0) return [];
      const lines = members.map((field) => this.#field(field, scope, '', `${indent}  `));
      return [`${indent}oneof ${name} {\n${lines.join('')}${indent}}\n`];
    });
    return [...plain, ...oneofs];
  }

  #field(field: ProtoField, scope: string, label: string, indent: string): string {
    const { name, number } = field;
    const entry = this.#entry(field, scope);
    // Not as the option debug_redact: a compiler from before 2023 would refuse the file.
    const note = field.sensitive ? ' // holds a secret' : '';
    if (entry !== undefined) {
      const [key, value] = [1, 2].map((each) => entry.fields.find((one) => one.number === each));
      if (key !== undefined && value !== undefined) {
        const types = `${NAMES[key.kind]}, ${this.#type(value, scope)}`;
        return `${indent}map<${types}> ${name} = ${number};${note}\n`;
      }
    }
    return `${indent}${label}${this.#type(field, scope)} ${name} = ${number};${note}\n`;
  }

  #entry({ kind, typeName, label }: ProtoField, scope: string): ProtoMessage | undefined {
    if (kind !== KIND.message || label !== 'repeated') return undefined;
    return this.#entries.get(this.#full(typeName ?? '', scope));
  }

  #type({ kind, typeName }: ProtoField, scope: string): string {
    if (kind !== KIND.message && kind !== KIND.enum && kind !== KIND.group) return NAMES[kind];
    const name = this.#full(typeName ?? '', scope);
    if (this.#paths.has(name)) return `.${name}`;
    return kind === KIND.enum ? 'int32' : 'bytes';
  }

  #method(typeName: string, scope: string): string {
    const name = this.#full(typeName, scope);
    return this.#paths.has(name) ? `.${name}` : '.google.protobuf.Empty';
  }

  #full(typeName: string, scope: string): string {
    return resolve(typeName, scope, (name) => this.#paths.has(name));
  }

  #enum({ name, values }: ProtoEnum, syntax: EmittedSyntax, indent: string): string {
    const numbers = new Set(values.map(({ number }) => number));
    const alias = numbers.size < values.length ? `${indent}  option allow_alias = true;\n` : '';
    // proto3 wants the first to be 0; descriptors of editions may have another.
    const zero = syntax === 'proto3' && values[0]?.number !== 0;
    const first = zero ? `${indent}  ${name}_UNKNOWN_ZERO = 0;\n` : '';
    const lines = values.map((value) => `${indent}  ${value.name} = ${value.number};\n`);
    return `${indent}enum ${name} {\n${alias}${first}${lines.join('')}${indent}}\n`;
  }
}

function labelOf(field: ProtoField, syntax: EmittedSyntax): string {
  if (field.label === 'repeated') return 'repeated ';
  if (syntax === 'proto2') return `${field.label} `;
  return field.proto3Optional ? 'optional ' : '';
}
