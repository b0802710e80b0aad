import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { Containers, type ContainersOptions, detect } from '../src/index.js';
import { kubelet, type TestKubelet, type TestPod } from './runtimes/kubelet.js';
import { missing, startContainerd, type TestContainerd } from './runtimes.js';
import { HOST_MNTNS, truth } from './truth.js';
import { Watch } from './watch.js';

const lack = missing('containerd', 'ctr', 'runc');

describe('containerd by its socket alone', () => {
  let daemon: TestContainerd;
  let containers: Containers;

  beforeAll(async () => {
    if (lack === null) daemon = await startContainerd();
  });
  afterAll(() => daemon?.stop());
  beforeEach(async (context) => {
    requireKernel(context, lack);
    containers = await Containers.open(bySocket(daemon));
  });
  afterEach(async () => {
    containers?.close();
    await daemon?.remove('web');
  });

  test('a container that runs is known once ready', async () => {
    const { pid } = await daemon.run('web');
    const later = await Containers.open(bySocket(daemon));
    await later.ready;
    const { mntns, cgroupId } = truth(pid);
    // An emulated machine may need longer than `ready` waits; the answer has to come all the same.
    await expect
      .poll(() => later.lookup(mntns, cgroupId), { timeout: 20_000 })
      .toEqual({
        ...{ id: 'web', name: 'web', image: daemon.image, runtime: 'containerd' },
        ...{ namespace: daemon.namespace, k8s: null, pid, mntns, cgroupId },
      });
    later.close();
    expect(later.lookup(mntns, cgroupId)).toBeNull();
  });

  test('one that starts is added with its labels, one that ends is removed', async () => {
    const watch = await Watch.of(containers, { containers: ['shop-db'] });
    const labels = { 'nerdctl/name': 'shop-db' };
    const { pid } = await daemon.run('db', { labels });
    const keys = { mntns: [truth(pid).mntns], cgroups: [truth(pid).cgroupId] };
    expect((await watch.added()).add).toEqual(keys);
    await daemon.exec('db', ['mkdir', '/tmp/a']); // whose end is not the container's
    expect(watch.changes).toHaveLength(1);
    await daemon.remove('db');
    expect((await watch.removed()).remove).toEqual(keys);
    expect(containers.lookup(keys.mntns[0] as number, 1n)).toBeNull();
  });

  test('ids of two namespaces do not mix', async () => {
    const other = await startContainerd();
    const both = await Containers.open({
      ...{ sockets: [...bySocket(daemon).sockets, ...bySocket(other).sockets] },
      stateDirs: [],
    });
    try {
      const a = truth((await daemon.run('same')).pid);
      const b = truth((await other.run('same')).pid);
      await Watch.of(both, { containers: ['same'] });
      expect(both.lookup(a.mntns, a.cgroupId)?.namespace).toBe(daemon.namespace);
      expect(both.lookup(b.mntns, b.cgroupId)?.namespace).toBe(other.namespace);
    } finally {
      both.close();
      await daemon.remove('same');
      await other.stop();
    }
  });

  test('detect() tells version and number, or why not', async () => {
    await daemon.run('web');
    const [here, closed] = await detect([
      ...bySocket(daemon).sockets,
      { kind: 'docker', path: daemon.socket },
      { kind: 'docker', path: '/nowhere/docker.sock' },
    ]);
    expect(here).toMatchObject({ kind: 'containerd', reachable: true, running: 1, why: null });
    expect(here?.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(closed).toMatchObject({ kind: 'docker', reachable: false, version: null });
    expect(closed?.why).toMatch(/\w/);
  });
});

test('containerd that goes and comes back', async (context) => {
  requireKernel(context, lack);
  const daemon = await startContainerd();
  const containers = await Containers.open(bySocket(daemon));
  try {
    await containers.ready;
    await daemon.restart();
    const watch = await Watch.of(containers, { containers: ['web'] });
    const { pid } = await daemon.run('web');
    expect((await watch.added()).container.pid).toBe(pid);
    expect(containers.notes().join()).toContain('connection lost');
  } finally {
    containers.close();
    await daemon.stop();
  }
});

describe('pods of containerd', () => {
  let daemon: TestContainerd;
  let kubernetes: TestKubelet;
  let pod: TestPod;
  let id: string;

  beforeAll(async () => {
    if (lack !== null) return;
    daemon = await startContainerd({ cri: true });
    kubernetes = await kubelet(daemon.socket, daemon.image);
    pod = await kubernetes.pod('shop', 'web-1');
    id = await pod.run('nginx');
  });
  beforeEach((context) => requireKernel(context, lack));
  afterAll(async () => {
    await pod?.remove();
    kubernetes?.close();
    await daemon?.stop();
  });

  const sources: Record<string, () => ContainersOptions> = {
    "containerd's services": () => bySocket(daemon),
    'the CRI socket': () => ({ sockets: [{ kind: 'cri', path: daemon.socket }], stateDirs: [] }),
    "runc's state": () => ({
      sockets: [],
      stateDirs: [{ path: daemon.criStateDir, runtime: 'containerd', namespaced: true }],
    }),
  };
  test.each(Object.entries(sources))('are told by %s', async (_, options) => {
    const containers = await Containers.open(options());
    const selection = await containers.select({ pods: ['web-1'], namespaces: ['shop'] });
    const byId = new Map(selection.containers.map((each) => [each.id, each]));
    expect([...byId.keys()].sort()).toEqual([id, pod.id].sort());
    const k8s = { namespace: 'shop', pod: 'web-1' };
    expect(byId.get(id)).toMatchObject({ name: 'nginx', k8s: { ...k8s, container: 'nginx' } });
    expect(byId.get(pod.id)).toMatchObject({ name: null, k8s: { ...k8s, container: null } });
    const { pid, mntns, cgroupId } = byId.get(id) ?? {};
    expect({ mntns, cgroupId }).toEqual(truth(pid as number));
    expect(containers.lookup(HOST_MNTNS, cgroupId as bigint)?.id).toBe(id);
    containers.close();
  });

  test('a container that starts in a pod is added by the CRI socket alone', async () => {
    const containers = await Containers.open(sources['the CRI socket']?.() ?? {});
    const watch = await Watch.of(containers, { containers: ['sidecar'] });
    const sidecar = await pod.run('sidecar');
    expect((await watch.added()).container).toMatchObject({ id: sidecar, runtime: 'cri' });
    containers.close();
  });
});

function bySocket({ socket }: TestContainerd) {
  return { sockets: [{ kind: 'containerd' as const, path: socket }], stateDirs: [] };
}
