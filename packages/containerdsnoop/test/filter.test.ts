// Which rows are wanted.
import { expect, test } from 'vitest';
import { type RowFilters, rowFilter } from '../src/filter.js';
import { type CallRow, methodText } from '../src/rows.js';

const ROW = {
  type: 'call',
  actor: { pid: 10, tid: 11, comm: 'kubelet' },
  peer: { pid: 20, tid: null, comm: 'containerd' },
  protocol: 'grpc',
  method: '/runtime.v1.ImageService/PullImage',
  pathSource: 'wire',
  candidates: [],
  status: 5,
  end: 'status',
  latencyNs: 30e6,
  content: { text: () => 'image:"busybox"', json: () => null },
} as unknown as CallRow;

const passes = (filters: RowFilters, row: Partial<CallRow> = {}) =>
  rowFilter(filters)({ ...ROW, ...row });
const set = <Value>(mode: 'include' | 'exclude', ...values: Value[]) => ({
  mode,
  values: new Set(values),
});

test.each<[RowFilters, boolean]>([
  [{}, true],
  [{ methods: ['PullImage'] }, true],
  [{ methods: ['*image*'] }, true],
  [{ methods: ['/runtime.v1.ImageService/*'] }, true],
  [{ methods: ['Pull'] }, false],
  [{ methods: ['!PullImage'] }, false],
  [{ methods: ['!ListImages'] }, true],
  [{ methods: ['*Image', '!Pull*'] }, false],
  [{ services: ['ImageService'] }, true],
  [{ services: ['runtime.v1.*'] }, true],
  [{ services: ['runtime.v1alpha2.*'] }, false],
  [{ types: ['request'] }, false],
  [{ types: ['request', 'call'] }, true],
  [{ statuses: [5, 14] }, true],
  [{ statuses: [0] }, false],
  [{ pids: set('include', 20) }, true],
  [{ pids: set('include', 11) }, false],
  [{ pids: set('exclude', 10) }, false],
  [{ comms: set('include', 'kubelet') }, true],
  [{ comms: set('exclude', 'containerd') }, false],
  [{ grep: /busy/ }, true],
  [{ grep: /alpine/ }, false],
  [{ errorsOnly: true }, true],
  [{ slowNs: 30e6 }, true],
  [{ slowNs: 30e6 + 1 }, false],
])('%o: %s', (filters, expected) => expect(passes(filters)).toBe(expected));

test('what failed: by status, of HTTP from 400, and without one when given up', () => {
  expect(passes({ errorsOnly: true }, { status: 0 })).toBe(false);
  expect(passes({ errorsOnly: true }, { protocol: 'http', status: 304 })).toBe(false);
  expect(passes({ errorsOnly: true }, { protocol: 'http', status: 404 })).toBe(true);
  expect(passes({ errorsOnly: true }, { status: null, end: 'cancelled' })).toBe(true);
  expect(passes({ errorsOnly: true }, { status: null, end: 'unfinished' })).toBe(false);
});

test('one of several methods: nothing is hidden by mistake', () => {
  const several = { method: null, candidates: ['/a.B/Start', '/a.B/Stop'] };
  expect(passes({ methods: ['Stop'] }, several)).toBe(true);
  expect(passes({ methods: ['Kill'] }, several)).toBe(false);
  expect(passes({ methods: ['!Stop'] }, several)).toBe(true);
});

test('how a method is written', () => {
  const text = (row: Partial<CallRow>) => methodText({ ...ROW, ...row });
  expect(text({})).toBe('/runtime.v1.ImageService/PullImage');
  expect(text({ pathSource: 'inferred' })).toBe('~/runtime.v1.ImageService/PullImage');
  expect(text({ method: null, candidates: ['/a.B/Start', '/a.B/Stop'] })).toBe(
    '~/a.B/{Start|Stop}',
  );
  expect(text({ method: null, candidates: ['/a.B/C', '/d.E/F'] })).toBe('~{/a.B/C|/d.E/F}');
  const six = ['/s/1', '/s/2', '/s/3', '/s/4', '/s/5', '/s/6'];
  expect(text({ method: null, candidates: six })).toBe('~/s/{1|2|3|4|+2}');
  expect(text({ method: null })).toBe('~?');
});
