// A Docker that keeps its images in containerd: it says nothing of where the files of a container
// are, and containerd forgets a container that has ended, but not its files.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensureDockerd } from '../../../tools/image/programs.mjs';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, runTool } from '../../../tools/testing/tool.js';
import { lacksOverlay } from '../../containers/test/overlay.js';
import { missing, startDockerd, type TestDockerd } from '../../containers/test/runtimes.js';

const SCRIPT = 'echo hi > /tmp/a; rm /bin/nc; mkdir /d; chmod 700 /etc';
const CHANGES = ['C /bin', 'D /bin/nc', 'A /d', 'C /etc', 'C /tmp', 'A /tmp/a'];

const lack = missing('containerd', 'runc') ?? lacksOverlay();
let docker: TestDockerd;
beforeEach((context) => requireKernel(context, lack));
beforeAll(async () => {
  if (lack !== null) return;
  docker = await startDockerd({
    ...{ program: ensureDockerd(), storage: 'overlayfs' },
    features: { 'containerd-snapshotter': true },
  });
});
afterAll(() => docker?.stop());

const files = (name: string, containerd = docker.containerdSocket) =>
  runTool('sneakpeek', ['files', name, '-q', '-o', 'json'], {
    env: { DOCKER_HOST: `unix://${docker.socket}`, CONTAINERD_ADDRESS: containerd },
  });

const told = (stdout: string) => rowsOf(stdout).map(({ change, path }) => `${change} ${path}`);

test('a container that runs', async () => {
  const wait = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
  await docker.run('runs', { command: ['/bin/sh', '-c', `${SCRIPT}; touch /z; ${wait}`] });
  await expect.poll(async () => told((await files('runs')).stdout)).toContain('A /z');
  const { stdout } = await files('runs');
  expect(told(stdout)).toEqual([...CHANGES, 'A /z']);
  expect(told((await files('runs', '/nowhere')).stdout)).toEqual([...CHANGES, 'A /z']);
});

test('one that has ended, by way of containerd', async () => {
  await docker.run('ended', { command: ['/bin/sh', '-c', SCRIPT] });
  await docker.api('POST', '/containers/ended/wait');
  const { stdout, code } = await files('ended');
  expect({ told: told(stdout), code }).toEqual({ told: CHANGES, code: 0 });
  const { stderr, code: refused } = await files('ended', '/nowhere');
  expect(refused).toBe(1);
  expect(stderr).toContain('its files are kept by containerd (snapshotter overlayfs)');
});
