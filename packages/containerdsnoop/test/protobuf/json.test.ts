import { JsonWriter } from '@imagesnoop/output';
import { expect, test } from 'vitest';
import { MessagePrinter } from '../../src/decode/protobuf/index.js';
import { animal, zoo, zooType } from './zoo.js';

const open = new MessagePrinter(zoo, { redact: false });

function json(bytes: Uint8Array, type: string | null = 'Animal', printer = open): unknown {
  return JSON.parse(jsonText(bytes, type, printer));
}

function jsonText(bytes: Uint8Array, type: string | null = 'Animal', printer = open): string {
  const writer = new JsonWriter();
  printer.json(bytes, type === null ? null : zooType(type), writer);
  return writer.view().toString();
}

test('every kind of scalar, at both ends of its range', () => {
  const least = {
    i32: -(2 ** 31),
    i64: '-9223372036854775808',
    s32: -(2 ** 31),
    s64: '-9223372036854775808',
    sf32: -(2 ** 31),
    sf64: '-9223372036854775808',
    single: -1.5,
    twice: -1e300,
  };
  expect(json(animal(least))).toEqual(least);
  const most = {
    i32: 2 ** 31 - 1,
    i64: '9223372036854775807',
    u32: 2 ** 32 - 1,
    u64: '18446744073709551615',
    s32: 2 ** 31 - 1,
    s64: '9223372036854775807',
    f32: 2 ** 32 - 1,
    f64: '18446744073709551615',
    sf32: 2 ** 31 - 1,
    sf64: '9223372036854775807',
    twice: Number.MAX_VALUE,
    flag: true,
    mood: 'WILD',
    far_away: 7,
  };
  expect(json(animal(most))).toEqual(most);
});

test('64-bit integers are numbers as long as a JSON number holds them', () => {
  const value = { i64: Number.MIN_SAFE_INTEGER, u64: Number.MAX_SAFE_INTEGER, s64: -5 };
  expect(json(animal(value))).toEqual(value);
  for (const text of ['9007199254740992', '1668000000123456789', '1000000000000000000']) {
    expect(json(animal({ u64: text, i64: `-${text}` }))).toEqual({ i64: `-${text}`, u64: text });
  }
  for (let shift = 53n; shift < 63n; shift++) {
    for (const near of [-1n, 0n, 1n]) {
      const value = `${(1n << shift) + near}`;
      const of = json(animal({ sf64: `-${value}`, f64: value })) as Record<string, unknown>;
      expect([`${of.sf64}`, `${of.f64}`]).toEqual([`-${value}`, value]);
    }
  }
});

test('numbers of 32 bits are shown as short as they were written', () => {
  expect(jsonText(animal({ single: 0.1 }))).toBe('{"single":0.1}');
  expect(jsonText(animal({ single: Number.POSITIVE_INFINITY }))).toBe('{"single":"Infinity"}');
});

test('messages, lists, maps and oneofs', () => {
  const value = {
    name: 'lion',
    child: { name: 'cub', child: { flag: true } },
    nicknames: ['a', '', 'c'],
    numbers: [0, -1, 300],
    children: [{ name: 'x' }, {}],
    labels: { a: '1', b: '' },
    by_number: { '-5': { name: 'five' } },
    moods: { true: 'WILD' },
    right: 0,
    maybe: 0,
    doubles: [1.5, -2],
  };
  expect(json(animal(value))).toEqual(value);
});

test('bytes are base64', () => {
  expect(json(animal({ blob: Buffer.from([0, 255, 1]) }))).toEqual({ blob: 'AP8B' });
});

test('well-known types are shown as what they mean', () => {
  const bytes = animal({
    born: { seconds: 1668000000, nanos: 120_000_000 },
    age: { seconds: -3, nanos: -500_000_000 },
    wrapped: { value: 'w' },
    counted: {},
    mask: { paths: ['a.b', 'labels.io.x/y'] },
    struct: {
      fields: {
        n: { nullValue: 0 },
        x: { numberValue: 1.5 },
        l: { listValue: { values: [{ boolValue: true }, { stringValue: 's' }] } },
        o: { structValue: { fields: {} } },
      },
    },
  });
  expect(json(bytes)).toMatchObject({
    born: '2022-11-09T13:20:00.120Z',
    age: '-3.500s',
    wrapped: 'w',
    counted: 0,
    mask: 'a.b,labels.io.x/y',
    struct: { x: 1.5, l: [true, 's'], o: {} },
  });
});

test('times out of range are shown as the numbers that they are', () => {
  const born = { seconds: '9223372036854775807', nanos: -1 };
  expect(json(animal({ born }))).toEqual({ born });
});

test('an Any shows the message, the JSON or the bytes inside', () => {
  const of = (type_url: string, value: Buffer) => json(animal({ any: { type_url, value } }));
  const lion = animal({ name: 'lion' });
  expect(of('type.googleapis.com/zoo.v1.Animal', lion)).toEqual({
    any: { '@type': 'type.googleapis.com/zoo.v1.Animal', name: 'lion' },
  });
  expect(of('zoo.v1.Animal', lion)).toEqual({ any: { '@type': 'zoo.v1.Animal', name: 'lion' } });
  const spec = Buffer.from('{ "ociVersion": "1.0", "process": {"args": ["sh"]} }');
  expect(of('types.containerd.io/opencontainers/runtime-spec/1/Spec', spec)).toEqual({
    any: {
      '@type': 'types.containerd.io/opencontainers/runtime-spec/1/Spec',
      value: { ociVersion: '1.0', process: { args: ['sh'] } },
    },
  });
  expect(of('x/Unknown', Buffer.from([1, 2]))).toEqual({
    any: { '@type': 'x/Unknown', value: 'AQI=' },
  });
  expect(of('google.protobuf.Duration', Buffer.from([8, 5]))).toEqual({
    any: { '@type': 'google.protobuf.Duration', value: '5s' },
  });
});

test('fields that the schema has not are shown by number, as what they look like', () => {
  const bytes = animal({
    name: 'lion',
    i32: 5,
    nicknames: ['a b', 'c'],
    child: { name: 'cub' },
    f32: 9,
    blob: Buffer.from([0xff, 0xfe]),
  });
  expect(json(bytes, 'Stranger')).toEqual({
    name: 'lion',
    2: [5],
    8: [9],
    15: ['//4='],
    17: [{ 1: ['cub'] }],
    18: ['a b', 'c'],
  });
  expect(json(bytes, null)).toMatchObject({ 1: ['lion'], 2: [5] });
});

test('a field of another wire type than the schema says is shown by number', () => {
  expect(json(Buffer.from([0x08, 0x05]))).toEqual({ 1: [5] });
});

test('fields out of order are sorted, repeated ones joined, of others the last one counts', () => {
  const bytes = Buffer.concat([
    animal({ nicknames: ['a'], child: { name: 'x' } }),
    animal({ name: 'first', i32: 1 }),
    animal({ nicknames: ['b'], labels: { k: 'v' }, child: { flag: true } }),
    animal({ name: 'last', labels: { l: 'w' } }),
  ]);
  expect(json(bytes)).toEqual({
    name: 'last',
    i32: 1,
    child: { name: 'x', flag: true },
    nicknames: ['a', 'b'],
    labels: { k: 'v', l: 'w' },
  });
  const inside = Buffer.concat([Buffer.from([0x8a, 0x01, bytes.length]), bytes]);
  expect(json(inside)).toMatchObject({ child: { name: 'last', nicknames: ['a', 'b'] } });
});

test('fields out of order and cut at the end are shown without the last part', () => {
  const bytes = Buffer.concat([animal({ i32: 1 }), animal({ name: 'a name' })]);
  expect(json(bytes.subarray(0, bytes.length - 2))).toEqual({ i32: 1, '@cut': true });
});

test('packed and single values of one list are one list', () => {
  const bytes = Buffer.from([0x98, 0x01, 5, 0x9a, 0x01, 0, 0x9a, 0x01, 2, 6, 7]);
  expect(json(bytes)).toEqual({ numbers: [5, 6, 7] });
  expect(json(Buffer.from([0x9a, 0x01, 0]))).toEqual({});
});

test('the beginning of a message is shown as far as it goes', () => {
  const whole = animal({ name: 'lion', child: { name: 'a longer name', i32: 5 } });
  expect(json(whole.subarray(0, 13))).toEqual({
    name: 'lion',
    child: { name: 'a lo'.slice(0, 13 - 11), '@cut': true },
    '@cut': true,
  });
  for (let length = 0; length < whole.length; length++) {
    expect(() => json(whole.subarray(0, length))).not.toThrow();
  }
});

test('what is no message is said to be none', () => {
  expect(json(Buffer.from([0x0a, 1, 0x61, 0x07, 1, 2]))).toEqual({
    name: 'a',
    '@malformed': '<3 bytes>',
  });
  expect(json(Buffer.from('ffffffffffffffffffffff', 'hex'))).toHaveProperty('@malformed');
});

test('bytes that are no UTF-8 stay lossless, and nothing steers a terminal', () => {
  const bytes = animal({ name: 'x' });
  bytes[2] = 0xff;
  expect(json(bytes)).toEqual({ name: '\\xff' });
  expect(jsonText(animal({ name: '\u001b[2J\u202e' }))).toBe('{"name":"\\u001b[2J\\u202e"}');
});

test('messages nest as deep as they may, and no deeper', () => {
  let bytes = animal({ name: 'x' });
  for (let i = 0; i < 200; i++) {
    bytes = Buffer.concat([Buffer.from([0x8a, 0x01]), varint(bytes.length), bytes]);
  }
  expect(jsonText(bytes)).toMatch(/^(\{"child":){48}"?\{?.*<\d+ bytes>"\}+$/);
});

test('disorder on every level costs no more than twice', () => {
  let bytes = Buffer.concat([animal({ i32: 1 }), animal({ name: 'x' })]);
  for (let i = 0; i < 40; i++) {
    bytes = Buffer.concat([
      Buffer.from([0x8a, 0x01]),
      varint(bytes.length),
      bytes,
      animal({ name: 'x' }),
    ]);
  }
  const start = performance.now();
  json(bytes);
  expect(performance.now() - start).toBeLessThan(1000);
});

function varint(value: number): Buffer {
  return Buffer.from(value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
}
