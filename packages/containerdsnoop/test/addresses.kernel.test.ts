// Which sockets are watched: by name, beginning, file, and in other network namespaces.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { captured, type StreamOptions, Streams } from './streams.js';

let streams: Streams;
beforeEach((context) => {
  requireKernel(context, lacksRoot());
  streams = new Streams();
});
afterEach(() => streams?.remove());

const SOME = { connections: 2, bytes: 10_007 };

/** Connections that were seen. */
async function seen(addresses: readonly string[], options: Partial<StreamOptions> = {}) {
  await streams.start({ ...SOME, ...options });
  const { all } = await captured({ addresses, wait: true }, () => streams.finish());
  for (const { client } of all.opened.values()) expect(client?.comm).toBe('streams');
  const bytes = [...all.streams.values()].flatMap(({ parts }) => parts.map(({ length }) => length));
  return { opened: all.opened.size, bytes: bytes.reduce((sum, one) => sum + one, 0), all };
}

const ALL = { opened: SOME.connections, bytes: 2 * SOME.connections * SOME.bytes };

test('a path', async () => {
  expect(await seen([streams.path])).toMatchObject(ALL);
});

test('one of several', async () => {
  expect(await seen(['/run/none.sock', `unix://${streams.path}`])).toMatchObject(ALL);
});

test('the beginning of a path', async () => {
  expect(await seen([`${streams.folder}/*`])).toMatchObject(ALL);
});

test('another one that begins alike is not watched', async () => {
  expect(await seen([streams.path.slice(0, -1)])).toMatchObject({ opened: 0, bytes: 0 });
});

test('an abstract name, and its beginning', async () => {
  const address = `@containerdsnoop-test-${process.pid}`;
  expect(await seen([address], { address })).toMatchObject(ALL);
  expect(await seen([`${address.slice(0, -1)}*`], { address })).toMatchObject(ALL);
  expect(await seen([address.slice(0, -1)], { address })).toMatchObject({ opened: 0 });
});

test('a socket that was bound by a relative path', async () => {
  expect(await seen([streams.path], { address: 'test.sock' })).toMatchObject(ALL);
});

test('a symbolic link to its folder', async () => {
  const other = mkdtempSync(join(tmpdir(), 'containerdsnoop-'));
  try {
    symlinkSync(streams.folder, join(other, 'link'));
    expect(await seen([join(other, 'link', 'test.sock')])).toMatchObject(ALL);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test('another network namespace, open before and opened since', async () => {
  const inside = ['unshare', '-n'];
  expect(await seen([streams.path], { inside })).toMatchObject(ALL);
  const { opened, all } = await seen([streams.path], { inside, late: true });
  expect(opened).toBe(SOME.connections);
  for (const { fromStart } of all.opened.values()) expect(fromStart).toBe(false);
});

test('a server that binds its socket again is followed', async () => {
  await streams.start(SOME);
  const { all } = await captured({ addresses: [streams.path] }, async () => {
    await streams.finish();
    await streams.start(SOME);
    await streams.finish();
  });
  expect(all.opened.size).toBe(2 * SOME.connections);
  for (const { fromStart } of all.opened.values()) expect(fromStart).toBe(true);
});

test('nobody listens: an error before anything is attached, unless waited for', async () => {
  await expect(captured({ addresses: [streams.path] }, async () => {})).rejects.toMatchObject({
    code: 'DAEMON_NOT_RUNNING',
    exitCode: 3,
    message: `nobody listens at ${streams.path}`,
  });
  const { all } = await captured({ addresses: [streams.path], wait: true }, async () => {
    await streams.start(SOME);
    await streams.finish();
  });
  expect(all.opened.size).toBe(SOME.connections);
});
