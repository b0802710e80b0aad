import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

beforeAll(() =>
  build({
    ...{ entryPoints: [join(import.meta.dirname, 'dropped.ts')], outfile: program },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20' },
  }),
);
afterAll(() => rmSync(dir, { recursive: true }));

/** The messages of a child that has opened containers and given up root. */
function child(options: ContainersOptions) {
  const { stdin, stdout } = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
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
    const { next, end } = child({ sockets, stateDirs: [] });
    expect(await next()).toBe('ready');
    const { pid } = await daemon.run('late');
    // The mount namespace is not ours to see any more; the cgroup is.
    const cgroups = [`${truth(pid).cgroupId}`];
    expect(await next()).toMatchObject({
      add: { mntns: [], cgroups },
      container: { id: 'late', image: daemon.image, pid },
    });
    await daemon.remove('late');
    expect(await next()).toMatchObject({ remove: { cgroups } });
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
    const { next, end } = child({ sockets, stateDirs: [] });
    expect(await next()).toBe('ready');
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
