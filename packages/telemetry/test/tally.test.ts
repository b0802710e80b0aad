import { expect, it } from 'vitest';
import type { MeteredField } from '../src/fields.js';
import { FORGET_AFTER_MS, MAX_SERIES } from '../src/series.js';
import { Tally } from '../src/tally.js';

interface Row {
  error?: string | null;
  pod?: string;
  us?: number | null;
  bytes?: number;
  when?: string;
}

const POD = (pod: string) => ({ namespace: 'default', pod, container: 'main' });
const about = { description: 'what it is' };
const error: MeteredField<Row> = {
  ...about,
  name: 'error',
  metric: 'label',
  value: (row) => row.error ?? null,
};
const k8s: MeteredField<Row> = {
  ...about,
  name: 'k8s',
  metric: 'label',
  value: ({ pod }) => (pod === undefined ? null : POD(pod)),
  identity: ({ pod }) => pod,
};
const latency: MeteredField<Row> = {
  ...about,
  name: 'latency_us',
  unit: 'µs',
  metric: 'latency',
  value: ({ us }) => us ?? null,
};
const bytes: MeteredField<Row> = {
  ...about,
  name: 'tx_bytes',
  unit: 'bytes',
  metric: 'sum',
  value: (row) => row.bytes ?? null,
};

const find = (tally: Tally<Row>, name: string) =>
  tally.metrics().find((metric) => metric.name === `imagesnoop.test.${name}`);
const values = (tally: Tally<Row>, name: string) =>
  find(tally, name)?.points.map(({ labels, value }) => ({ labels, value }));

it('counts by label, under names of the conventions', () => {
  const tally = new Tally<Row>('imagesnoop.test', [error, k8s]);
  for (const pod of ['a', 'b', 'a']) tally.add({ pod, error: null });
  tally.add({ error: 'ENOENT' });
  tally.add({});
  const pod = (name: string) => ({ 'k8s.namespace.name': 'default', 'k8s.pod.name': name });
  expect(values(tally, 'events')).toEqual([
    { labels: pod('a'), value: 2 },
    { labels: pod('b'), value: 1 },
    { labels: { 'error.type': 'ENOENT' }, value: 1 },
    { labels: {}, value: 1 },
  ]);
});

it('measures in seconds and sums, leaving out what is unknown', () => {
  const tally = new Tally<Row>('imagesnoop.test', [latency, bytes]);
  for (const us of [5, 10, 11, 99_000, 4e9, null]) tally.add({ us, bytes: 7 });
  const [one] = find(tally, 'latency')?.points ?? [];
  const counts = new Array(21).fill(0);
  counts[0] = 2; // up to 10 us
  counts[1] = 1;
  counts[10] = 1; // up to 100 ms
  counts[20] = 1; // more than an hour
  expect(one?.value).toMatchObject({ count: 5, counts });
  expect(one).toHaveProperty('value.sum', expect.closeTo(4000.099026, 9));
  expect(find(tally, 'latency')).toMatchObject({ unit: 's', kind: 'histogram' });
  expect(find(tally, 'tx_bytes')).toMatchObject({ unit: 'By', kind: 'counter' });
  expect(values(tally, 'tx_bytes')).toEqual([{ labels: {}, value: 42 }]);
  const other = new Tally<Row>('imagesnoop.test', [error, bytes]);
  other.add({ error: 'ENOENT' });
  expect(values(other, 'tx_bytes')).toEqual([]);
});

it('keeps a bounded number of label sets, and loses no count', () => {
  const tally = new Tally<Row>('imagesnoop.test', [k8s]);
  for (let i = 0; i < 30_000; i++) tally.add({ pod: `pod-${i % 15_000}` });
  const points = values(tally, 'events') ?? [];
  expect(points).toHaveLength(MAX_SERIES + 1);
  expect(points.at(-1)).toEqual({
    labels: { 'otel.metric.overflow': 'true' },
    value: 30_000 - 2 * MAX_SERIES,
  });
});

it('makes room for new label sets in the place of those not met for long', () => {
  const tally = new Tally<Row>('imagesnoop.test', [k8s]);
  const start = Date.now();
  tally.tick(start);
  for (let i = 0; i < MAX_SERIES; i++) tally.add({ pod: `old-${i}` });
  tally.tick(start + FORGET_AFTER_MS);
  tally.add({ pod: 'old-7' });
  tally.tick(start + FORGET_AFTER_MS + 1);
  tally.add({ pod: 'new' });
  tally.add({ pod: 'old-8' });
  const points = find(tally, 'events')?.points ?? [];
  expect(points.map(({ labels }) => labels['k8s.pod.name'])).toEqual(['old-7', 'new', 'old-8']);
  // A counter that begins again says since when.
  expect(points.map(({ startMs }) => startMs - start)).toEqual([
    0,
    FORGET_AFTER_MS + 1,
    FORGET_AFTER_MS + 1,
  ]);
});

it('takes rows of a picture for a state, except those that say that they are events', () => {
  const rate: MeteredField<Row> = {
    ...bytes,
    name: 'bytes_per_s',
    unit: 'bytes/s',
    metric: 'gauge',
  };
  const when: MeteredField<Row> = {
    ...about,
    name: 'when',
    metric: { countWhen: 'end' },
    value: (row) => row.when,
  };
  const plain = new Tally<Row>('imagesnoop.test', [rate]);
  const both = new Tally<Row>('imagesnoop.test', [rate, when]);
  for (const tally of [plain, both]) {
    for (const rows of [3, 2]) {
      tally.beginPicture();
      for (let i = 0; i < rows; i++) tally.add({ bytes: 10, when: i === 0 ? 'end' : 'interval' });
      tally.endPicture();
    }
    expect(values(tally, 'rows')).toEqual([{ labels: {}, value: 2 }]);
    expect(values(tally, 'bytes_per_s')).toEqual([{ labels: {}, value: 20 }]);
  }
  expect(values(plain, 'events')).toEqual([]);
  expect(values(both, 'events')).toEqual([{ labels: {}, value: 2 }]);
});
