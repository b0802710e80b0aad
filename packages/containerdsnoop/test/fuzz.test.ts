import { deflateRawSync } from 'node:zlib';
import { JsonWriter } from '@imagesnoop/output';
import { expect, test } from 'vitest';
import { MessagePrinter } from '../src/decode/protobuf/index.js';
import { DescriptorError, filesInSet, readProtoFile } from '../src/decode/schema/descriptor.js';
import { buildIdIn, readElf } from '../src/decode/schema/elf.js';
import { emitProtos } from '../src/decode/schema/emit-protos.js';
import { descriptorsIn, schemaFromDescriptorSet } from '../src/decode/schema/from-files.js';
import { linkSchema } from '../src/decode/schema/link.js';
import type { MessageType } from '../src/decode/schema/schema.js';
import { writeJson } from '../src/redact/json.js';
import { maskJson } from '../src/redact/mask-json.js';
import { maskMessage } from '../src/redact/mask-message.js';
import { maySuspect } from '../src/redact/suspicion.js';
import { isBinary, redactText } from '../src/redact/text.js';
import { SinkError } from '../src/sinks/errors.js';
import { MAGIC } from '../src/sinks/record-format.js';
import { RecordReader } from '../src/sinks/record-reader.js';
import { fuzz } from './fuzz.js';
import { animal, zoo, zooType } from './protobuf/zoo.js';
import { config, encoded, leaksIn, schema as places } from './redact/planted.js';
import { elf, gzipped } from './schema/fake-executable.js';

const files = [...filesInSet(zoo.set)].map((file) => Buffer.from(file));

const ANIMALS = [
  animal({
    name: 'lion',
    i64: '-1',
    child: { name: 'cub', child: { nicknames: ['x'] } },
    labels: { a: 'b', password: 'c' },
    by_number: { 5: { name: 'five' } },
    numbers: [1, 2, 300],
    any: { type_url: 'zoo.v1.Animal', value: animal({ name: 'inside' }) },
    born: { seconds: 5, nanos: 1 },
    struct: { fields: { a: { listValue: { values: [{ stringValue: 's' }] } } } },
    mask: { paths: ['a', 'b'] },
    wrapped: { value: 'w' },
    far_away: 3,
  }),
  animal({ any: { type_url: 'x/Spec', value: Buffer.from('{"a":[1,{"env":["A=b"]}]}') } }),
  animal({ twice: Number.NaN, single: 1.5, f64: '77', doubles: [1, 2], moods: { true: 1 } }),
];

test('fuzz: messages of any bytes become JSON and text', () => {
  const printers = [new MessagePrinter(zoo), new MessagePrinter(zoo, { redact: false })];
  const writer = new JsonWriter();
  const types: (MessageType | null)[] = [zooType('Animal'), zooType('Stranger'), null];
  fuzz(ANIMALS, 6000, (input, random) => {
    const type = random.pick(types);
    for (const printer of printers) {
      writer.clear();
      printer.json(input, type, writer);
      JSON.parse(writer.view().toString());
      expect(printer.text(input, type, { maxCharacters: 50 }).length).toBeLessThanOrEqual(100);
    }
  });
});

test('fuzz: what is masked keeps its length', () => {
  const type = zooType('Animal');
  fuzz(ANIMALS, 4000, (input) => {
    const masked = maskMessage(input, type, zoo);
    expect(masked.length).toBe(input.length);
  });
});

test('fuzz: secrets stay hidden in what is left of a message', () => {
  const type = places.methods.get('/runtime.v1.RuntimeService/CreateContainer')?.request;
  const printer = new MessagePrinter(places);
  const writer = new JsonWriter();
  const whole = encoded('RuntimeService', 'CreateContainer', config());
  fuzz([whole], 300, (input, random) => {
    // Only what a capture does to a message: it ends early, or begins late.
    const part = random.below(2) === 0 ? whole.subarray(0, random.below(whole.length)) : input;
    const cut = part === input ? whole.subarray(0, input.length) : part;
    writer.clear();
    printer.json(cut, type, writer);
    expect(leaksIn(writer.view())).toEqual([]);
    expect(leaksIn(maskMessage(cut, type, places))).toEqual([]);
  });
});

test('fuzz: descriptors of any bytes are read or refused', () => {
  fuzz(files, 3000, (input) => {
    try {
      const schema = linkSchema([readProtoFile(input)], input);
      for (const method of schema.methods.values()) schema.type(method.request.name);
      for (const name of emitProtos(schema).keys()) expect(name).not.toMatch(/\.\.|^\/|\0/);
    } catch (error) {
      expect(error).toBeInstanceOf(DescriptorError);
    }
  });
});

test('fuzz: executables of any bytes are scanned', () => {
  const seeds = [
    elf(Buffer.concat(files)),
    elf(Buffer.concat(files.map(gzipped))),
    gzipped(deflateRawSync(Buffer.alloc(1 << 20))),
    ...files,
  ];
  fuzz(seeds, 600, (input) => {
    const head = readElf(input);
    for (const { offset, length } of head?.notes ?? []) {
      buildIdIn(input.subarray(offset, offset + length));
    }
    for (const file of descriptorsIn([input])) readProtoFile(file);
  });
});

test('fuzz: a member that unpacks to more than any description does is left alone', () => {
  const bomb = gzipped(Buffer.alloc(64 << 20));
  const start = performance.now();
  expect(descriptorsIn([Buffer.concat(Array(50).fill(bomb))])).toEqual([]);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test('fuzz: descriptor sets of any bytes are read or refused', () => {
  fuzz([Buffer.from(zoo.set)], 1000, (input) => {
    try {
      schemaFromDescriptorSet(input);
    } catch (error) {
      expect(error).toBeInstanceOf(DescriptorError);
    }
  });
});

test('fuzz: JSON of any bytes is written as JSON, or not at all', () => {
  const seeds = [
    '{"a":[1,2.5e3,{"b":"c\\n\\u0041"}],"password":"x","env":["A=b"],"args":["--token","x"]}',
    '[true,false,null,-0.5,"",{}, [] ]',
    `{"n":${JSON.stringify(JSON.stringify({ deep: JSON.stringify({ token: 'x' }) }))}}`,
  ].map((text) => Buffer.from(text));
  const writer = new JsonWriter();
  fuzz(seeds, 8000, (input) => {
    for (const redact of [true, false]) {
      writer.clear();
      if (writeJson(input, 0, input.length, writer, { redact })) {
        JSON.parse(writer.view().toString());
      } else expect(writer.length).toBe(0);
    }
    const masked = Buffer.from(input);
    if (maskJson(masked, 0, masked.length)) JSON.parse(masked.toString());
    expect(masked.length).toBe(input.length);
  });
});

test('fuzz: text of any bytes is searched', () => {
  const seeds = [
    ...['https://u:p@h/?token=x', 'Authorization: Bearer x.y.z', 'A="b\\"c', 'basic dXNlcjpwYXNz'],
    ...['eyJhbGciOiJI.eyJzdWIiOiIx.x', 'ghp_abcdefghijklmnop1', 'github_pat_abcdefghijklmnop1'],
    ...[
      'glpat-abcdefghijklmnop1',
      'AKIAIOSFODNN7EXAMPLE',
      'xoxb-abcdefghij-k',
      'dckr_pat_abcdefghijklmnop',
    ],
    ...['-----BEGIN RSA PRIVATE KEY-----', 'password : x', 'x-registry-auth:\tx', 'api-key":"x'],
  ];
  fuzz(
    seeds.map((text) => Buffer.from(text)),
    8000,
    (input) => {
      const found = redactText(input.toString());
      // What the first, fast look finds harmless is left as it is by the second one.
      if (maySuspect(input, 0, input.length)) return;
      expect(found).toBe(input.toString());
      expect(isBinary(input.toString('latin1'))).toBe(false);
    },
  );
});

test('fuzz: recordings of any bytes are read up to where they are damaged', () => {
  const seed = Buffer.concat([
    MAGIC,
    Buffer.from('0200000012345678017b7d', 'hex'),
    Buffer.alloc(90),
  ]);
  fuzz([seed], 8000, (input, random) => {
    const reader = new RecordReader();
    try {
      for (let at = 0; at < input.length; ) {
        const size = 1 + random.below(60);
        for (const chunk of reader.push(input.subarray(at, at + size))) expect(chunk).toBeDefined();
        at += size;
      }
    } catch (error) {
      expect(error).toBeInstanceOf(SinkError);
    }
  });
});
