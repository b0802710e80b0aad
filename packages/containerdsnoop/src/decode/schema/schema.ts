/**
 * What is known of services and messages: flat tables, made for walks over wire bytes. Types may
 * refer to themselves, so these are graphs, not trees.
 */
export interface Schema {
  /** Every method, by its path on the wire: `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, Method>;
  /** A message by its full name without a leading dot, e.g. `google.protobuf.Any`. */
  type(name: string): MessageType | undefined;
  /** The files that this was made from; `emitProtos()` writes them. */
  readonly files: readonly ProtoFile[];
  /** The same as a FileDescriptorSet: `schemaFromDescriptorSet()` makes this schema of it again. */
  readonly set: Uint8Array;
}

export interface Method {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly request: MessageType;
  readonly response: MessageType;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}

export interface MessageType {
  /** Full name without a leading dot; of a map's entry too. */
  readonly name: string;
  readonly fields: ReadonlyMap<number, MessageField>;
  /** The fields with numbers below `DENSE_FIELDS`, at their number: most fields, found faster. */
  readonly dense: readonly (MessageField | undefined)[];
  /** False when the description of this message was not found: it has no fields then. */
  readonly known: boolean;
  /** How it is shown, when not as any message. */
  readonly shown: Shown;
}

/**
 * Messages of google.protobuf that are shown as what they mean: `bare` is the value of its only
 * field (wrappers, Struct, Value, ListValue).
 */
export type Shown = 'message' | 'any' | 'timestamp' | 'duration' | 'field_mask' | 'bare';

/** Field numbers below this are in `MessageType.dense`. */
export const DENSE_FIELDS = 128;

/** The field with this number, or undefined when the message has none. */
export function fieldOf(type: MessageType, number: number): MessageField | undefined {
  return number < DENSE_FIELDS ? type.dense[number] : type.fields.get(number);
}

/** What a field holds; the numbers are those of `FieldDescriptorProto.Type` (descriptor.proto). */
export const KIND = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  group: 10,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

/** The wire types of protobuf (protobuf.dev/programming-guides/encoding). */
export const WIRE = {
  varint: 0,
  fixed64: 1,
  bytes: 2,
  startGroup: 3,
  endGroup: 4,
  fixed32: 5,
} as const;

export interface MessageField {
  readonly number: number;
  /** As in the .proto file, e.g. `pod_sandbox_id`. */
  readonly name: string;
  readonly kind: Kind;
  /** Wire type of one value. Repeated scalars may also come packed, in wire type 2. */
  readonly wire: number;
  /** True for maps too, which are repeated entries on the wire. */
  readonly repeated: boolean;
  /** For maps: the fields of the entry, with numbers 1 and 2. `message` is the entry then. */
  readonly map: { readonly key: MessageField; readonly value: MessageField } | null;
  /** Of kinds message and group, and of maps. */
  readonly message: MessageType | null;
  /** Of kind enum. */
  readonly enumeration: EnumType | null;
  /** True when an absent value differs from the default one: oneof, optional, proto2, messages. */
  readonly presence: boolean;
  /** What to hide of it when secrets are hidden. */
  readonly redact: Redaction;
  /** `"name":` and `name:`, as printers need it. */
  readonly jsonKey: Uint8Array;
  readonly textKey: Uint8Array;
}

export interface EnumType {
  readonly name: string;
  readonly values: ReadonlyMap<number, string>;
}

/**
 * What is hidden of a value:
 * - `none`: nothing beyond what any text is searched for (credentials in URLs, tokens);
 * - `hide`: all of it; for a message or a map each value inside;
 * - `size`: all but its size, since it is content and not metadata;
 * - `env`: the values of `NAME=value`;
 * - `args`: what looks like a secret in a command line;
 * - `keyed`: values of a map whose keys sound secret.
 */
export type Redaction = 'none' | 'hide' | 'size' | 'env' | 'args' | 'keyed';

/** A file of descriptors as far as we use it (descriptor.proto, FileDescriptorProto). */
export interface ProtoFile {
  /** As the compiler was given it, e.g. `google/protobuf/any.proto`. */
  readonly name: string;
  readonly package: string;
  readonly syntax: 'proto2' | 'proto3' | 'editions';
  readonly dependencies: readonly string[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  readonly services: readonly ProtoService[];
}

export interface ProtoMessage {
  readonly name: string;
  readonly fields: readonly ProtoField[];
  readonly messages: readonly ProtoMessage[];
  readonly enums: readonly ProtoEnum[];
  readonly oneofs: readonly string[];
  readonly mapEntry: boolean;
}

export interface ProtoField {
  readonly name: string;
  readonly number: number;
  readonly label: 'optional' | 'required' | 'repeated';
  readonly kind: Kind;
  /** Of messages, groups and enums: the full name with a leading dot, or a relative one. */
  readonly typeName: string | null;
  /** Index into the message's `oneofs`. */
  readonly oneof: number | null;
  /** `optional` of proto3, which the compiler puts into a oneof of its own. */
  readonly proto3Optional: boolean;
  /** Marked as sensitive in the file: `debug_redact`, or `csi_secret` of the CSI. */
  readonly sensitive: boolean;
  /** Whether presence is implicit; only editions can say so per field. */
  readonly implicitPresence: boolean;
}

export interface ProtoEnum {
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly number: number }[];
}

export interface ProtoService {
  readonly name: string;
  readonly methods: readonly ProtoMethod[];
}

export interface ProtoMethod {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}
