// What comes again is written as it was the first time.
import { JsonWriter } from '@imagesnoop/output';
import { expect, test } from 'vitest';
import { MessagePrinter } from '../../src/decode/protobuf/index.js';
import type { MessageType } from '../../src/decode/schema/schema.js';
import { fuzz } from '../fuzz.js';
import { animal, zoo, zooType } from './zoo.js';

const Animal = zooType('Animal');
const LONG = 'a name that is long enough to be kept, with some more letters behind it';

function shown(printer: MessagePrinter, bytes: Uint8Array, type: MessageType = Animal): string {
  const writer = new JsonWriter();
  printer.json(bytes, type, writer);
  return writer.view().toString();
}

/** A field of wire type 2. */
function field(number: number, value: Uint8Array): Buffer {
  const varint = (rest: number): number[] =>
    rest < 128 ? [rest] : [(rest & 127) | 128, ...varint(rest >>> 7)];
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(value.length)]), value]);
}

test('entries in another order, one of them changed', () => {
  const printer = new MessagePrinter(zoo);
  const writer = new JsonWriter();
  const cubs = [0, 1, 2, 3, 4, 5, 6].map((i32) => ({ name: LONG, i32, nicknames: ['x', 'y'] }));
  for (const order of [cubs, cubs.toReversed(), cubs.with(3, { ...cubs[3], i32: 99 } as never)]) {
    writer.clear();
    printer.json(animal({ children: order }), Animal, writer);
    const { children } = JSON.parse(writer.view().toString());
    expect(children.map(({ i32 = 0 }) => i32)).toEqual(order.map(({ i32 }) => i32));
  }
});

test('the same bytes as another type, and behind a name that sounds secret', () => {
  const cub = animal({ name: LONG });
  const printer = new MessagePrinter(zoo);
  const writer = new JsonWriter();
  const next = (bytes: Uint8Array, type: MessageType) => {
    writer.clear();
    printer.json(bytes, type, writer);
    return JSON.parse(writer.view().toString());
  };
  expect(next(field(20, cub), Animal)).toEqual({ children: [{ name: LONG }] });
  expect(next(field(20, cub), zooType('Stranger'))).not.toHaveProperty('children');

  const struct = zoo.type('google.protobuf.Struct') as MessageType;
  const value = field(3, Buffer.from(LONG));
  const entry = (key: string) =>
    field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, value)]));
  for (let time = 0; time < 2; time++) {
    expect(next(entry('plain'), struct)).toEqual({ plain: LONG });
    expect(next(entry('password'), struct)).toEqual({ password: '<redacted>' });
  }
});

test('fuzz: entries of any bytes, again and again', () => {
  const seeds = [
    animal({ name: LONG, labels: { a: 'b', password: LONG }, numbers: [1, 2, 300] }),
    animal({ name: LONG, child: { nicknames: [LONG] }, by_number: { 5: { name: LONG } } }),
    animal({ any: { type_url: 'zoo.v1.Animal', value: animal({ name: LONG }) } }),
  ];
  const printers = [true, false].map((redact) => ({
    options: { redact },
    printer: new MessagePrinter(zoo, { redact }),
    writer: new JsonWriter(),
  }));
  fuzz(seeds, 1500, (input, random) => {
    const message = Buffer.concat([field(20, random.pick(seeds)), field(20, input)]);
    for (const { options, printer, writer } of printers) {
      writer.clear();
      printer.json(message, Animal, writer);
      expect(writer.view().toString()).toBe(shown(new MessagePrinter(zoo, options), message));
    }
  });
});
