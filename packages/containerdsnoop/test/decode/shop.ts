import { fileURLToPath } from 'node:url';
import { schemaFromProtoFiles } from '../../src/decode/schema/proto-files.js';
import type { Random } from './random.js';

export const shop = await schemaFromProtoFiles([
  fileURLToPath(new URL('./shop.proto', import.meta.url)),
]);

/** Bytes of a message from its fields: text and bytes get a length, numbers are varints. */
export function message(
  ...fields: readonly (readonly [number, string | number | Buffer])[]
): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
      const bytes = Buffer.from(value);
      return Buffer.concat([
        Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]),
        bytes,
      ]);
    }),
  );
}

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

/** One call as it should come out. */
export interface Planned {
  method: string;
  request: Buffer;
  response: Buffer;
}

const hex = (random: Random) => random.bytes(32).toString('hex');
const order = (random: Random) =>
  message(
    [1, hex(random)],
    [2, random.pick(['tea', 'coffee'])],
    [3, 1_700_000_000 + random.below(1e6)],
    [4, 1 + random.below(2)],
  );

const MAKERS: Record<string, (random: Random) => [request: Buffer, response: Buffer]> = {
  ListOrders: (random) => [
    random.next() < 0.5 ? message() : message([1, 1]),
    message(...Array.from({ length: random.below(9) }, () => [1, order(random)] as const)),
  ],
  OrderStatus: (random) => [message([1, hex(random)]), message([1, order(random)])],
  PlaceOrder: (random) => [
    message([1, 'tea'], [1, 'milk'], [2, 'somebody']),
    message([1, hex(random)]),
  ],
  ListGoods: () => [
    message(),
    message([1, message([1, 'tea'], [2, 450], [3, message([1, 'kind'], [2, 'green'])])]),
  ],
  Weigh: (random) => [
    message([1, random.bytes(random.below(40_000))]),
    Buffer.from([9, ...random.bytes(8)]),
  ],
};

/** A call with contents of its own. */
export function plan(random: Random): Planned {
  const name = random.pick(Object.keys(MAKERS));
  const [request, response] = (MAKERS[name] as (typeof MAKERS)[string])(random);
  return { method: `/shop.v1.Shop/${name}`, request, response };
}
