import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import type { ContainersOptions } from '../src/index.js';
import { missing, startContainerd, startDockerd } from './runtimes.js';
import { truth } from './truth.js';

const lack = missing('containerd', 'ctr', 'dockerd', 'runc');
const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-dropped-'));
const program = join(dir, 'dropped.mjs');

beforeAll(async () => {
  await build({
    ...{ entryPoints: [join(import.meta.dirname, 'dropped.ts')], outfile: program },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20' },
  });
  chmodSync(dir, 0o755);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** The messages of a child that opens containers and gives up root. */
function child(options: ContainersOptions, when: 'before' | 'after') {
  const args = [program, JSON.stringify(options), when];
  const { stdin, stdout } = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value as string);
  const end = async () => {
    stdin.end();
    expect((await lines.next()).done).toBe(true);
  };
  return { next, end };
}

test('containerd tells of new containers after root was given up', async (context) => {
  requireKernel(context, lack);
  const daemon = await startContainerd();
  try {
    const sockets = [{ kind: 'containerd', path: daemon.socket } as const];
    const stateDirs = [
      { path: dirname(daemon.stateDir), runtime: 'containerd', namespaced: true } as const,
    ];
    await daemon.run('early');
    const { next, end } = child({ sockets, stateDirs }, 'after');
    // containerd keeps the state of all its namespaces in one place, other tests' too.
    expect(await next()).toEqual({ running: expect.arrayContaining(['early']), notes: [] });
    const { pid } = await daemon.run('late');
    // The mount namespace is not ours to see any more; the cgroup is.
    const cgroups = [`${truth(pid).cgroupId}`];
    expect(await next()).toMatchObject({
      add: { mntns: [], cgroups },
      container: { id: 'late', image: daemon.image, pid },
      running: expect.arrayContaining(['early', 'late']),
    });
    await daemon.remove('late');
    const removed = await next();
    expect(removed).toMatchObject({ remove: { cgroups } });
    expect(removed.running).toContain('early');
    expect(removed.running).not.toContain('late');
    await end();
  } finally {
    await daemon.stop();
  }
});

test('so does Docker', async (context) => {
  requireKernel(context, lack);
  const daemon = await startDockerd();
  try {
    const sockets = [{ kind: 'docker', path: daemon.socket } as const];
    const { next, end } = child({ sockets, stateDirs: [] }, 'after');
    expect(await next()).toEqual({ running: [], notes: [] });
    const { id, pid } = await daemon.run('late');
    expect(await next()).toMatchObject({
      add: { mntns: [], cgroups: [`${truth(pid).cgroupId}`] },
      container: { id, name: 'late', image: daemon.image, pid },
    });
    await daemon.remove('late');
    await next();
    await end();
  } finally {
    await daemon.stop();
  }
});

test('who never was root gets notes, and no containers', async (context) => {
  requireKernel(context, lack);
  const closed = mkdtempSync(join(tmpdir(), 'imagesnoop-closed-'));
  mkdirSync(join(closed, 'web'));
  const path = join(dir, 'd.sock');
  const server = createServer().listen(path);
  try {
    chmodSync(path, 0o600);
    const { next, end } = child(
      {
        sockets: [{ kind: 'docker', path }],
        stateDirs: [{ path: closed, runtime: 'runc', namespaced: false }],
      },
      'before',
    );
    const { running, notes } = await next();
    expect(running).toEqual([]);
    expect(notes).toEqual([
      `${closed}: EACCES, so containers that only it tells of stay unknown`,
      expect.stringMatching(/^docker on .*d\.sock: .*EACCES/),
    ]);
    await end();
  } finally {
    server.close();
    rmSync(closed, { recursive: true });
  }
});
