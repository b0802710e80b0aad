import { describe, expect, test } from 'vitest';
import { messagesOf, parseAnswer } from '../src/dns/message.js';

const label = (text: string) => [text.length, ...Buffer.from(text)];
const name = (text: string) => [...text.split('.').flatMap(label), 0];
const u16 = (value: number) => [value >> 8, value & 255];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
const record = (owner: number[], type: number, ttl: number, data: number[]) => [
  ...owner,
  ...u16(type),
  ...u16(1),
  ...u32(ttl),
  ...u16(data.length),
  ...data,
];
const QUESTION = 12;
const POINTER = [0xc0, QUESTION];

function answer(question: number[], records: number[][], flags = 0x8180, questions = 1): Buffer {
  return Buffer.from([
    ...u16(7),
    ...u16(flags),
    ...u16(questions),
    ...u16(records.length),
    ...u32(0),
    ...question,
    ...u16(1),
    ...u16(1),
    ...records.flat(),
  ]);
}

describe('parseAnswer', () => {
  test('addresses of both families, with names compressed', () => {
    const six = [0xfd, ...Array(14).fill(0), 1];
    const message = answer(name('www.example.org'), [
      record(POINTER, 1, 300, [192, 0, 2, 1]),
      record(POINTER, 28, 60, six),
    ]);
    const found = parseAnswer(message);
    expect(found?.name).toBe('www.example.org');
    expect(found?.addresses.map(({ address, ttl }) => [[...address], ttl])).toEqual([
      [[192, 0, 2, 1], 300],
      [six, 60],
    ]);
  });

  test('the name asked stands for its aliases, for as long as the shortest of them', () => {
    const message = answer(name('www.example.org'), [
      record(POINTER, 5, 20, name('edge.example.net')),
      record(name('EDGE.example.net'), 1, 300, [192, 0, 2, 1]),
      record(name('other.example.net'), 1, 300, [192, 0, 2, 66]),
    ]);
    const found = parseAnswer(message);
    expect(found?.name).toBe('www.example.org');
    expect(found?.addresses.map(({ address, ttl }) => [[...address], ttl])).toEqual([
      [[192, 0, 2, 1], 20],
    ]);
  });

  test.each([
    ['a question', answer(name('a.b'), [record(POINTER, 1, 1, [1, 2, 3, 4])], 0x0100)],
    ['an error', answer(name('a.b'), [record(POINTER, 1, 1, [1, 2, 3, 4])], 0x8183)],
    ['no address', answer(name('a.b'), [record(POINTER, 16, 1, [1, 65])])],
    ['two questions', answer(name('a.b'), [record(POINTER, 1, 1, [1, 2, 3, 4])], 0x8180, 2)],
    ['a pointer to itself', answer(POINTER, [record(POINTER, 1, 1, [1, 2, 3, 4])])],
    ['pointers in a ring', answer([0xc0, 14, 0xc0, 12], [record(POINTER, 1, 1, [1, 2, 3, 4])])],
    ['an address of 3 bytes', answer(name('a.b'), [record(POINTER, 1, 1, [1, 2, 3])])],
    ['nothing', new Uint8Array(0)],
  ])('%s is no answer', (_what, message) => {
    expect(parseAnswer(message)).toBe(undefined);
  });

  test('a name of any bytes becomes printable text', () => {
    const message = answer([3, 0x1b, 0x2e, 0xff, 0], [record(POINTER, 1, 1, [1, 2, 3, 4])]);
    expect(parseAnswer(message)?.name).toBe('\\027\\.\\255');
  });

  test('any bytes give an answer or none, never an error (fuzz)', () => {
    let seed = 20_241_122;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return seed % below;
    };
    const good = answer(name('www.example.org'), [
      record(POINTER, 5, 20, [4, ...Buffer.from('edge'), ...POINTER]),
      record([0xc0, 45], 1, 300, [192, 0, 2, 1]),
    ]);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(good).subarray(0, 1 + random(good.length));
      for (let i = random(6); i > 0; i--) bytes[random(bytes.length)] = random(256);
      for (const message of messagesOf(bytes, round % 2 === 0)) {
        const found = parseAnswer(message);
        if (found === undefined) continue;
        expect(found.name.length).toBeLessThanOrEqual(4 * 255);
        for (const { address } of found.addresses) expect([4, 16]).toContain(address.length);
      }
    }
  });
});

describe('messagesOf', () => {
  const message = answer(name('a.b'), [record(POINTER, 1, 1, [1, 2, 3, 4])]);
  const framed = Buffer.from([...u16(message.length), ...message]);

  test('a datagram is one message', () => {
    expect([...messagesOf(message, false)]).toEqual([message]);
  });

  test('a stream has them after their lengths, or without when that was read before', () => {
    const both = Buffer.concat([framed, framed]);
    expect([...messagesOf(both, true)].map((one) => Buffer.from(one))).toEqual([message, message]);
    expect([...messagesOf(message, true)]).toEqual([message]);
  });
});
