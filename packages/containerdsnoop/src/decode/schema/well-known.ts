import {
  KIND,
  type Kind,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type Shown,
} from './schema.js';

/** The only value of google.protobuf.NullValue. */
const NULL_VALUE = `NULL_VALUE`;

/**
 * The messages of google.protobuf and google.rpc that services refer to. Programs do not always
 * carry their descriptions as one piece, so they are described here.
 */
export const wellKnownFiles: readonly ProtoFile[] = [
  file('google/protobuf/any.proto', 'google.protobuf', [
    message('Any', ['type_url', KIND.string], ['value', KIND.bytes]),
  ]),
  file('google/protobuf/timestamp.proto', 'google.protobuf', [
    message('Timestamp', ['seconds', KIND.int64], ['nanos', KIND.int32]),
  ]),
  file('google/protobuf/duration.proto', 'google.protobuf', [
    message('Duration', ['seconds', KIND.int64], ['nanos', KIND.int32]),
  ]),
  file('google/protobuf/empty.proto', 'google.protobuf', [message('Empty')]),
  file('google/protobuf/field_mask.proto', 'google.protobuf', [
    message('FieldMask', ['paths', KIND.string, 'repeated']),
  ]),
  file('google/protobuf/wrappers.proto', 'google.protobuf', [
    message('DoubleValue', ['value', KIND.double]),
    message('FloatValue', ['value', KIND.float]),
    message('Int64Value', ['value', KIND.int64]),
    message('UInt64Value', ['value', KIND.uint64]),
    message('Int32Value', ['value', KIND.int32]),
    message('UInt32Value', ['value', KIND.uint32]),
    message('BoolValue', ['value', KIND.bool]),
    message('StringValue', ['value', KIND.string]),
    message('BytesValue', ['value', KIND.bytes]),
  ]),
  {
    ...file('google/protobuf/struct.proto', 'google.protobuf', [
      {
        ...message('Struct', [
          'fields',
          KIND.message,
          'repeated',
          '.google.protobuf.Struct.FieldsEntry',
        ]),
        messages: [
          {
            ...message(
              'FieldsEntry',
              ['key', KIND.string],
              ['value', KIND.message, 'optional', '.google.protobuf.Value'],
            ),
            mapEntry: true,
          },
        ],
      },
      inOneof(
        'kind',
        message(
          'Value',
          ['null_value', KIND.enum, 'optional', '.google.protobuf.NullValue'],
          ['number_value', KIND.double],
          ['string_value', KIND.string],
          ['bool_value', KIND.bool],
          ['struct_value', KIND.message, 'optional', '.google.protobuf.Struct'],
          ['list_value', KIND.message, 'optional', '.google.protobuf.ListValue'],
        ),
      ),
      message('ListValue', ['values', KIND.message, 'repeated', '.google.protobuf.Value']),
    ]),
    enums: [{ name: 'NullValue', values: [{ name: NULL_VALUE, number: 0 }] }],
  },
  {
    ...file('google/rpc/status.proto', 'google.rpc', [
      message(
        'Status',
        ['code', KIND.int32],
        ['message', KIND.string],
        ['details', KIND.message, 'repeated', '.google.protobuf.Any'],
      ),
    ]),
    dependencies: ['google/protobuf/any.proto'],
  },
];

const SHOWN: Readonly<Record<string, Shown>> = {
  Any: 'any',
  Timestamp: 'timestamp',
  Duration: 'duration',
  FieldMask: 'field_mask',
  DoubleValue: 'bare',
  FloatValue: 'bare',
  Int64Value: 'bare',
  UInt64Value: 'bare',
  Int32Value: 'bare',
  UInt32Value: 'bare',
  BoolValue: 'bare',
  StringValue: 'bare',
  BytesValue: 'bare',
  Struct: 'bare',
  Value: 'bare',
  ListValue: 'bare',
};

/** How a message with this full name is shown. */
export function shownAs(name: string): Shown {
  const own = /^google\.protobuf\.(\w+)$/.exec(name)?.[1];
  return (own === undefined ? undefined : SHOWN[own]) ?? 'message';
}

type FieldLine = readonly [
  name: string,
  kind: Kind,
  label?: ProtoField['label'],
  typeName?: string,
];

function file(name: string, scope: string, messages: readonly ProtoMessage[]): ProtoFile {
  return {
    name,
    package: scope,
    syntax: 'proto3',
    dependencies: [],
    messages,
    enums: [],
    services: [],
  };
}

function message(name: string, ...lines: readonly FieldLine[]): ProtoMessage {
  const fields = lines.map(
    ([each, kind, label = 'optional', typeName = null], index): ProtoField => ({
      name: each,
      number: index + 1,
      label,
      kind,
      typeName,
      oneof: null,
      proto3Optional: false,
      sensitive: false,
      implicitPresence: false,
    }),
  );
  return { name, fields, messages: [], enums: [], oneofs: [], mapEntry: false };
}

function inOneof(name: string, whole: ProtoMessage): ProtoMessage {
  return {
    ...whole,
    oneofs: [name],
    fields: whole.fields.map((field) => ({ ...field, oneof: 0 })),
  };
}
