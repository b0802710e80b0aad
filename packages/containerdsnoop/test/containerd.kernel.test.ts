// The calls of a real containerd, as the command shows them.
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { lostIn, rowsOf, runTool, startTool } from '../../../tools/testing/tool.js';
import { Daemon, lacksContainerd } from './daemon.js';

let daemon: Daemon;
beforeEach((context) => {
  requireKernel(context, lacksRoot() ?? lacksContainerd());
  daemon = new Daemon();
});
afterEach(() => daemon?.remove());

const tool = (...args: string[]) =>
  startTool('containerdsnoop', ['--address', daemon.socket, '--no-file', ...args]);

/** What ctr asks for: the labels of each namespace in the list, too. */
const METHODS = [
  '/containerd.services.namespaces.v1.Namespaces/Create',
  '/containerd.services.namespaces.v1.Namespaces/List',
  '/containerd.services.namespaces.v1.Namespaces/Get',
  '/containerd.services.namespaces.v1.Namespaces/Delete',
  '/containerd.services.images.v1.Images/Delete',
];

async function use(): Promise<void> {
  await daemon.ctr('namespaces', 'create', 'one', 'color=red');
  await daemon.ctr('namespaces', 'ls');
  await daemon.ctr('namespaces', 'rm', 'one');
  await daemon.ctr('images', 'rm', 'none');
}

test('from before its start, through a restart: every message, once', async () => {
  const snoop = await tool('--wait', '-o', 'json');
  const pids = [await daemon.start()];
  await use();
  await daemon.stop();
  pids.push(await daemon.start());
  await use();
  const { code, stdout, stderr } = await snoop.stop();
  expect(code, stderr).toBe(0);
  expect(lostIn(stdout)).toBe(0);
  const rows = rowsOf(stdout);
  const asked = rows.filter(({ type }) => type === 'request').map(({ method }) => method);
  expect(asked).toEqual([...METHODS, ...METHODS]);
  const schema = JSON.parse(
    readFileSync(new URL('../containerdsnoop.schema.json', import.meta.url), 'utf8'),
  );
  const isValid = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  for (const row of rows) {
    expect(isValid(row), JSON.stringify(isValid.errors)).toBe(true);
    expect(row.path_source).toBe('wire');
    const [client, server] =
      row.type === 'request' ? [row.comm, row.peer] : [(row.peer as { comm: string }).comm, row];
    expect(client).toBe('ctr');
    expect(pids).toContain((server as { pid: number }).pid);
  }
  const created = rows.find(({ method, type }) => method === METHODS[0] && type === 'request');
  expect(created?.message).toEqual({ namespace: { name: 'one', labels: { color: 'red' } } });
  const failed = rows.filter(({ status }) => status === 'NOT_FOUND');
  expect(failed.map(({ error }) => error)).toEqual(Array(2).fill('image "none": not found'));
});

test('calls: status and latency; filters', async () => {
  await daemon.start();
  const pairs = await tool('--pair', '-o', 'json');
  const errors = await tool('--errors-only', '-o', 'json');
  const some = await tool('--method', '*List*', '--type', 'response', '-o', 'json');
  const summary = await tool('--summary', '-o', 'json');
  await use();
  const rows = rowsOf((await pairs.stop()).stdout);
  expect(rows.map(({ method, status, type }) => [method, status, type])).toEqual(
    METHODS.map((method, i) => [method, i === 4 ? 'NOT_FOUND' : 'OK', 'call']),
  );
  for (const { latency_us: latency, requests, request_bytes: bytes } of rows) {
    expect(latency).toBeGreaterThan(0);
    expect(latency).toBeLessThan(10_000_000);
    expect(requests).toBe(1);
    expect(bytes).toBeGreaterThanOrEqual(0);
  }
  expect(rowsOf((await errors.stop()).stdout).map(({ method }) => method)).toEqual([METHODS[4]]);
  const listed = rowsOf((await some.stop()).stdout);
  expect(listed.map(({ method, type }) => [method, type])).toEqual([[METHODS[1], 'response']]);
  const { stdout } = await summary.stop();
  const counted = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const methods = counted.filter(({ method }) => method !== undefined);
  expect(methods.map(({ method, calls }) => [method, calls]).sort()).toEqual(
    METHODS.map((method) => [method, 1]).sort(),
  );
});

test('from the middle of a connection', async () => {
  await daemon.start();
  const events = daemon.followEvents();
  try {
    // It prints what happens once its call is under way.
    const heard = once(events.stdout as NodeJS.EventEmitter, 'data');
    for (let i = 0; i < 50 && !(await settled(heard)); i++)
      await daemon.ctr('namespaces', 'create', `n${i}`);
    await heard;
    const snoop = await tool('-o', 'json');
    await daemon.ctr('namespaces', 'create', 'late');
    const { stdout } = await snoop.stop();
    const told = rowsOf(stdout).filter(({ peer }) => (peer as { pid: number }).pid === events.pid);
    expect(told).toHaveLength(1);
    const [row] = told;
    expect(row?.type).toBe('response');
    expect(row?.path_source).not.toBe('wire');
    expect(JSON.stringify(row?.message)).toContain('/namespaces/create');
  } finally {
    events.kill();
  }
});

async function settled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((done) => setImmediate(() => done(false))),
  ]);
}

test('a recording shows the same again, to anybody', async () => {
  await daemon.start();
  const file = join(daemon.folder, 'rec');
  const snoop = await tool('-w', file, '-o', 'json');
  await use();
  const live = rowsOf((await snoop.stop()).stdout);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { code, stdout, stderr } = await runTool('containerdsnoop', [
    ...['-r', file, '--no-file', '-o', 'json'],
  ]);
  expect(code, stderr).toBe(0);
  const facts = (rows: Record<string, unknown>[]) =>
    rows.map(({ type, method, message, comm, pid, stream }) => ({
      type,
      method,
      message,
      comm,
      pid,
      stream,
    }));
  expect(facts(rowsOf(stdout))).toEqual(facts(live));
});

test('nobody listens: one line, exit code 3', async () => {
  const { code, stdout, stderr } = await runTool('containerdsnoop', ['-a', daemon.socket]);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr.split('\n')[0]).toBe(`containerdsnoop: nobody listens at ${daemon.socket}`);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test.each([
  [['--status', 'NO_SUCH'], /--status.*NO_SUCH/],
  [['--type', 'question'], /--type.*request, response and call/],
  [['--grep', '('], /--grep/],
  [['--slow', 'x'], /--slow/],
  [['--sequence', 'a.txt'], /--sequence.*\.md/],
])('%s is a usage error', async (args, message) => {
  const { code, stderr } = await runTool('containerdsnoop', ['-a', daemon.socket, ...args]);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});

test('--help fits 80 columns', async () => {
  const { code, stdout } = await runTool('containerdsnoop', ['--help']);
  expect(code).toBe(0);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
