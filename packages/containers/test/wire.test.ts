import { describe, expect, test } from 'vitest';
import { encode, Message, WireError } from '../src/wire.js';

describe('wire', () => {
  test('what is encoded is read back', () => {
    const message = new Message(
      encode({
        1: 'web',
        2: [encode({ 1: 'key', 2: 'value' }), encode({ 1: 'k', 2: 'é' })],
        3: 70_000,
        4: true,
        15: encode({ 16: 'nested' }),
        200: ['a', 'b'],
      }),
    );
    expect(message.text(1)).toBe('web');
    expect(message.map(2)).toEqual({ key: 'value', k: 'é' });
    expect(message.number(3)).toBe(70_000);
    expect(message.number(4)).toBe(1);
    expect(message.message(15).text(16)).toBe('nested');
    expect(message.text(200)).toBe('b'); // the last one counts
  });

  test('absent fields read as proto3 has it', () => {
    const message = new Message(new Uint8Array());
    expect([message.text(1), message.number(1), message.messages(1), message.map(1)]).toEqual([
      '',
      0,
      [],
      {},
    ]);
    expect(message.message(1).text(1)).toBe('');
  });

  test('fixed-width fields are passed over, also those of a type that is not expected', () => {
    const bytes = [0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4, 0x1a, 1, 0x41];
    const message = new Message(Uint8Array.from(bytes));
    expect(message.text(3)).toBe('A');
    expect(message.number(3)).toBe(0);
    expect(message.messages(1)).toEqual([]);
  });

  test.each([
    ['a number that does not end', [0x08, 0x80]],
    ['a number of eleven bytes', [0x08, ...Array(11).fill(0xff)]],
    ['a length beyond the end', [0x0a, 5, 1]],
    ['a group', [0x0b]],
    ['a fixed number cut short', [0x09, 1, 2]],
  ])('%s is refused', (_, bytes) => {
    expect(() => new Message(Uint8Array.from(bytes))).toThrow(WireError);
  });

  test('any bytes give a message or a WireError', () => {
    const seed = encode({ 1: 'web', 2: [encode({ 1: 'k', 2: 'v' })], 3: 70_000, 6: true });
    let state = 1;
    const random = (below: number): number => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      const bytes = Uint8Array.from(seed);
      for (let j = 0; j <= random(4); j++) bytes[random(bytes.length)] = random(256);
      try {
        const message = new Message(bytes.subarray(0, random(bytes.length + 1)));
        message.text(1);
        message.map(2);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
