import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { Containers } from '../src/index.js';
import { missing, startPodman, type TestPodman } from './runtimes.js';
import { truth } from './truth.js';
import { Watch } from './watch.js';

const lack = missing('podman', 'runc');
let podman: TestPodman;

beforeAll(async () => {
  if (lack === null) podman = await startPodman();
});
afterAll(() => podman?.stop());

test('Podman without a socket: names come from its store', async (context) => {
  requireKernel(context, lack);
  const containers = await Containers.open({
    sockets: [],
    stateDirs: [{ path: podman.stateDir, runtime: 'runc', namespaced: false }],
  });
  const watch = await Watch.of(containers, { containers: ['web'] });
  const { id, pid } = await podman.run('web');
  const { mntns, cgroupId } = truth(pid);
  expect((await watch.added()).container).toMatchObject({
    ...{ id, name: 'web', image: podman.image, runtime: 'podman' },
    ...{ pid, mntns, cgroupId },
  });
  await podman.remove('web');
  expect((await watch.removed()).remove).toEqual({ mntns: [mntns], cgroups: [cgroupId] });
  containers.close();
});

test('Podman by its socket', async (context) => {
  requireKernel(context, lack);
  await podman.serve();
  const old = await podman.run('old');
  const sockets = [{ kind: 'podman', path: podman.socket } as const];
  const containers = await Containers.open({ sockets, stateDirs: [] });
  await containers.ready;
  const { mntns, cgroupId } = truth(old.pid);
  expect(containers.notes()).toEqual([]);
  expect(containers.lookup(mntns, cgroupId)).toMatchObject({
    ...{ id: old.id, name: 'old', image: podman.image, runtime: 'podman' },
  });
  const watch = await Watch.of(containers, { containers: ['new'] });
  const young = await podman.run('new');
  expect((await watch.added()).container.pid).toBe(young.pid);
  await podman.remove('new');
  await watch.removed();
  containers.close();
});
