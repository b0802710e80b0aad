import { expect, test } from 'vitest';
import { MessagePrinter } from '../../src/decode/protobuf/index.js';
import { animal, zoo, zooType } from './zoo.js';

const printer = new MessagePrinter(zoo, { redact: false });
const text = (bytes: Uint8Array, maxCharacters?: number) =>
  printer.text(bytes, zooType('Animal'), maxCharacters === undefined ? {} : { maxCharacters });

test('one line, close to the text format', () => {
  const bytes = animal({
    name: 'lion "x"',
    i32: -5,
    i64: '1795331324215271238',
    mood: 'WILD',
    child: { flag: true },
    nicknames: ['a', 'b'],
    numbers: [1, 2],
    labels: { k: 'v' },
    any: { type_url: 'zoo.v1.Stranger', value: Buffer.from([0x0a, 1, 0x78]) },
    born: { seconds: 1, nanos: 0 },
    struct: { fields: { a: { numberValue: 1 } } },
    blob: Buffer.from([0, 0x41]),
  });
  expect(text(bytes)).toBe(
    'name:"lion \\"x\\"" i32:-5 i64:1795331324215271238 blob:"\\u0000A" mood:WILD child:{flag:true} nicknames:"a" ' +
      'nicknames:"b" numbers:1 numbers:2 labels:{key:"k" value:"v"} ' +
      'any:{@type:"zoo.v1.Stranger" name:"x"} born:"1970-01-01T00:00:01Z" ' +
      'struct:[{key:"a" value:1}]',
  );
  expect(text(Buffer.alloc(0))).toBe('');
  expect(printer.text(bytes.subarray(0, 10), null)).toBe('1:"lion \\"x\\""');
});

test('a line is cut behind a whole character', () => {
  const bytes = animal({ name: 'äöü€𝄞'.repeat(50), nicknames: ['never shown'] });
  const whole = text(bytes);
  for (const count of [0, 1, 6, 7, 8, 9, 10, 11, 12, 100]) {
    expect([...text(bytes, count)]).toEqual([...whole].slice(0, count));
  }
});

test('rendering ends soon after the limit', () => {
  const bytes = animal({ children: Array.from({ length: 200_000 }, () => ({ name: 'cub' })) });
  const start = performance.now();
  expect(text(bytes, 100)).toHaveLength(100);
  expect(performance.now() - start).toBeLessThan(50);
});
