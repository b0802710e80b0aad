// A real container that is a client of the socket: its calls, whole, and no others.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, startTool } from '../../../tools/testing/tool.js';
import { run } from '../../containers/test/runtimes/process.js';
import {
  IDLE,
  missing,
  startContainerd,
  type TestContainerd,
} from '../../containers/test/runtimes.js';

const lack = lacksRoot() ?? missing('containerd', 'ctr', 'runc');
const NAME = 'client';
const LISTED = '/containerd.services.namespaces.v1.Namespaces/List';
const CREATED = '/containerd.services.namespaces.v1.Namespaces/Create';

let daemon: TestContainerd;
const ctr = (...args: string[]) =>
  run('ctr', ['-a', daemon.socket, '-n', daemon.namespace, ...args]);
beforeAll(async () => {
  if (lack !== null) return;
  daemon = await startContainerd();
  const host = ['--mount', 'type=bind,src=/,dst=/host,options=rbind:ro'];
  const where = ['--snapshotter', 'native', ...host, '--', daemon.image, NAME];
  await ctr('containers', 'create', ...where, ...IDLE);
  await daemon.start(NAME);
});
afterAll(() => daemon?.stop());
beforeEach((context) => requireKernel(context, lack));

/** The host's ctr, as a process of the container. */
function inside(...args: string[]): Promise<string> {
  const command = ['/bin/busybox', 'chroot', '/host', '/usr/bin/ctr', '-a', daemon.socket];
  return daemon.exec(NAME, [...command, ...args]);
}

async function methods(...options: string[]) {
  const env = { CONTAINERD_ADDRESS: daemon.socket };
  const args = ['-a', daemon.socket, '--no-file', '-o', 'json', ...options];
  const tool = await startTool('containerdsnoop', args, { env });
  await ctr('namespaces', 'create', `n${Date.now()}`);
  await inside('namespaces', 'ls', '-q');
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  return rowsOf(stdout).map(({ method, type, container }) => ({
    ...{ method, type },
    container: (container as { name: string } | null)?.name ?? null,
  }));
}

test('of the container alone, questions and answers', async () => {
  expect(await methods('--container', NAME)).toEqual([
    { method: LISTED, type: 'request', container: NAME },
    { method: LISTED, type: 'response', container: null },
  ]);
});

test('of all but the container', async () => {
  const seen = await methods('--container', `!${NAME}`);
  const asked = seen.filter(({ type }) => type === 'request').map(({ method }) => method);
  expect(asked).toContain(CREATED);
  expect(asked).not.toContain(LISTED);
  for (const { container } of seen) expect(container).toBe(null);
});
