import { describe, expect, it } from 'vitest';
import { decode } from './decoding.js';
import { chunksOf, dataFrames, frame, GoConnection, grpcMessage } from './wire.js';

const PATH = '/shop.v1.Shop/Upload';

describe('limits', () => {
  it('keep the beginning of a message that is too long', () => {
    const connection = new GoConnection();
    const stream = connection.request(PATH);
    const long = Buffer.alloc(300_000, 'x');
    connection.write(true, dataFrames(stream, grpcMessage(long), false));
    connection.write(true, dataFrames(stream, grpcMessage(Buffer.from('next')), true));
    const { messages } = decode(chunksOf(connection.writes), undefined, { messageBytes: 1000 });
    expect(messages.map(({ bytes, length, missing }) => [bytes?.length, length, missing])).toEqual([
      [1000, 300_000, 299_000],
      [4, 4, 0],
    ]);
  });

  it('bound what all connections hold together', () => {
    const chunks = Array.from({ length: 50 }, (_, index) => {
      const connection = new GoConnection();
      const stream = connection.request(PATH);
      const unfinished = grpcMessage(Buffer.alloc(100_000)).subarray(0, 90_000);
      connection.write(true, dataFrames(stream, unfinished, false));
      return [...chunksOf(connection.writes, { conn: String(index) })].slice(0, -1);
    }).flat();
    const { messages, stats } = decode(chunks, undefined, { totalBytes: 1 << 20 });
    expect(messages).toHaveLength(50);
    const kept = messages.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
    expect(kept).toBeGreaterThan(500_000);
    expect(kept).toBeLessThanOrEqual(1 << 20);
    expect(stats.bufferedBytes).toBe(0);
  });

  it('hold nothing for a connection that is over, whatever it was in the middle of', () => {
    const connection = new GoConnection();
    connection.write(true, frame(1, 0, 1, Buffer.alloc(5000, 0x82)));
    connection.write(true, frame(9, 0, 1, Buffer.alloc(5000, 0x82)));
    const chunks = [...chunksOf(connection.writes)];
    const unfinished = decode(chunks.slice(0, -1));
    expect(unfinished.stats).toMatchObject({ connections: 0, bufferedBytes: 0 });
    expect(decode(chunks).stats.bufferedBytes).toBe(0);
  });

  it('give up the oldest of too many calls, and the most silent of too many connections', () => {
    const connection = new GoConnection();
    for (let count = 0; count < 5; count++) connection.request(PATH);
    const { calls } = decode(chunksOf(connection.writes), undefined, { streams: 3 });
    expect(calls.map(({ stream, end }) => [stream, end])).toEqual([
      [1, 'unfinished'],
      [3, 'unfinished'],
      [5, 'closed'],
      [7, 'closed'],
      [9, 'closed'],
    ]);
    const many = ['a', 'b', 'c'].flatMap((conn) =>
      [...chunksOf(connection.writes, { conn })].slice(0, -1),
    );
    const limited = decode(many, undefined, { connections: 2 });
    expect(limited.calls[0]).toMatchObject({ conn: 'a', end: 'unfinished' });
    expect(limited.undecoded).toContainEqual({ cause: 'limit', conn: 'a', bytes: 0 });
  });
});
