import { expect, it } from 'vitest';
import { MAX_UNDER_WAY, MAX_WAITING_BYTES, Outbox, type Parcel } from '../src/outbox.js';

const KIB = 1024;
const lines = (bytes: number) => new Uint8Array(bytes);

it('sends at once, and what comes meanwhile together', () => {
  const sent: Parcel[] = [];
  const outbox = new Outbox((parcel) => sent.push(parcel));
  for (let i = 0; i < 20; i++) outbox.add(lines(10 * KIB), 2);
  expect(sent.map(({ rows }) => rows)).toEqual(new Array(MAX_UNDER_WAY).fill(2));
  outbox.settle(1, 0);
  expect(sent.at(-1)?.rows).toBe(2 * (20 - MAX_UNDER_WAY));
  expect(outbox).toMatchObject({ sent: 2, failed: 0, refused: 0, waitingBytes: 0 });
});

it('keeps a bounded number of bytes for a collector that never answers', () => {
  const outbox = new Outbox(() => {});
  let most = 0;
  let rows = 0;
  for (; rows < 10_000; rows++) {
    if (outbox.isFull) outbox.refuse();
    else outbox.add(lines(64 * KIB), 1);
    most = Math.max(most, outbox.waitingBytes);
  }
  expect(most).toBeLessThanOrEqual(MAX_WAITING_BYTES + 64 * KIB);
  outbox.close();
  expect(outbox.sent).toBe(0);
  expect(outbox.failed + outbox.refused).toBe(rows);
  expect(outbox.failed).toBe(MAX_UNDER_WAY + MAX_WAITING_BYTES / (64 * KIB));
});

it('counts each row once, whatever becomes of it', async () => {
  const sent: Parcel[] = [];
  const outbox = new Outbox((parcel) => sent.push(parcel));
  for (let i = 0; i < 10; i++) outbox.add(lines(200 * KIB), 10);
  for (let i = 0; i < sent.length; i++) outbox.settle((sent[i] as Parcel).id, i % 2 ? 10 : 3);
  await outbox.drained();
  expect(outbox).toMatchObject({ sent: 35, failed: 65, refused: 0 });
  outbox.settle(1, 0);
  outbox.add(lines(1), 1);
  outbox.settle(sent.length, 3); // two of the lines told of losses
  expect(outbox.failed).toBe(66);
  outbox.close();
  outbox.add(lines(1), 5);
  expect(outbox).toMatchObject({ sent: 35, failed: 66, refused: 5 });
});
