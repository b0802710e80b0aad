import { expect, it } from 'vitest';
import { LogRecords } from '../src/log-records.js';

const field = (name: string, more = {}) => ({
  name,
  shown: true,
  alarm: false,
  label: false,
  ...more,
});
const FIELDS = [
  field('type', { shown: false }),
  field('pid'),
  field('comm'),
  field('daddr'),
  field('error', { alarm: true, label: true }),
  field('container'),
];
const ROW = {
  type: 'connect',
  time: '2026-11-22T17:56:15.732914260Z',
  ts_us: 25_013_854_758,
  pid: 7,
  comm: 'my "app"',
  family: 6,
  daddr: '::1',
  error: null,
  container: { id: 'abc', name: 'web', image: null, runtime: 'docker' },
  k8s: null,
  argv: ['a', 'b c'],
  message: { deep: [1] },
};

it('tells an event in the names of the conventions, with its own time', () => {
  const { timestamp, ...record } = new LogRecords('tcpconnect', FIELDS).of(ROW);
  expect(timestamp).toEqual([Date.parse('2026-11-22T17:56:15Z') / 1000, 732_914_260]);
  expect(record).toEqual({
    eventName: 'imagesnoop.tcpconnect.connect',
    severityNumber: 9,
    severityText: 'INFO',
    body: 'connect pid=7 comm="my \\"app\\"" daddr=::1 container=web',
    attributes: {
      type: 'connect',
      'process.pid': 7,
      'thread.name': 'my "app"',
      'network.type': 'ipv6',
      'destination.address': '::1',
      'container.id': 'abc',
      'container.name': 'web',
      'container.runtime.name': 'docker',
      'process.command_args': ['a', 'b c'],
      message: '{"deep":[1]}',
    },
  });
});

it('warns of failures and losses', () => {
  const records = new LogRecords('tcpconnect', FIELDS);
  const failed = records.of({ ...ROW, error: 'ECONNREFUSED' });
  expect(failed.severityText).toBe('WARN');
  expect(failed.attributes).toMatchObject({ 'error.type': 'ECONNREFUSED' });
  const lost = records.of({ type: 'lost', count: 3, cause: 'map_full' });
  expect(lost).toMatchObject({
    eventName: 'imagesnoop.tcpconnect.lost',
    severityText: 'WARN',
    body: 'lost count=3 cause=map_full',
  });
});

it('takes an error in words for a message', () => {
  const records = new LogRecords('containerdsnoop', [field('error', { alarm: true })]);
  const { attributes } = records.of({ type: 'call', error: 'not found' });
  expect(attributes).toMatchObject({ 'error.message': 'not found' });
});

it('cuts long texts in the body only', () => {
  const comm = 'x'.repeat(5000);
  const { body, attributes } = new LogRecords('tool', FIELDS).of({ ...ROW, comm });
  expect(String(body).length).toBeLessThan(300);
  expect(attributes?.['thread.name']).toBe(comm);
});
