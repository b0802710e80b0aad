import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { CgroupTree } from '../src/cgroups.js';
import { Containers, type StateDir } from '../src/index.js';
import { missing, runcContainer } from './runtimes.js';
import { HOST_MNTNS, ours, truth } from './truth.js';
import { Watch } from './watch.js';

describe('plain runc', () => {
  let dir: string;
  let stateDirs: StateDir[];
  let containers: Containers;
  const done: (() => unknown)[] = [];

  beforeEach(async (context) => {
    requireKernel(context, missing('runc'));
    dir = mkdtempSync(join(tmpdir(), 'imagesnoop-state-'));
    stateDirs = [{ path: join(dir, 'runc'), runtime: 'runc', namespaced: false }];
    containers = await Containers.open({ sockets: [], stateDirs });
    done.push(
      () => rmSync(dir, { recursive: true }),
      () => containers.close(),
    );
  });

  afterEach(async () => {
    for (const undo of done.splice(0).reverse()) await undo();
  });

  const runc = async (options: Parameters<typeof runcContainer>[0]) => {
    const container = await runcContainer({ stateDir: join(dir, 'runc'), ...options });
    done.push(() => container.stop());
    return container;
  };

  test('a container is known while it waits for its start', async () => {
    const watch = await Watch.of(containers, { containers: ['web'] });
    const { pid } = await runc({ id: 'web', until: 'create' });
    const { add, container } = await watch.added();
    const { mntns, cgroupId } = truth(pid);
    expect(add).toEqual({ mntns: [mntns], cgroups: [cgroupId] });
    expect(container).toEqual({
      ...{ id: 'web', name: 'web', image: null, runtime: 'runc', k8s: null },
      ...{ pid, mntns, cgroupId },
    });
    expect(containers.lookup(mntns, cgroupId)).toBe(container);
    expect(containers.lookup(mntns, 1n)).toBe(container);
    expect(containers.lookup(HOST_MNTNS, cgroupId)).toBe(container);
    expect(containers.lookup(HOST_MNTNS, Number(cgroupId))).toBe(container);
    expect(containers.lookup(HOST_MNTNS, 1n)).toBeNull();
  });

  test('one that ran before is known once ready; annotations name its pod', async () => {
    const labels = {
      'io.kubernetes.cri.sandbox-namespace': 'shop',
      'io.kubernetes.cri.sandbox-name': 'web-1',
      'io.kubernetes.cri.container-name': 'nginx',
      'io.kubernetes.cri.image-name': 'nginx:1.27',
    };
    const { pid } = await runc({ id: 'a1', labels });
    const later = await Containers.open({ sockets: [], stateDirs });
    done.push(() => later.close());
    await later.ready;
    const { mntns, cgroupId } = truth(pid);
    expect(later.lookup(mntns, cgroupId)).toMatchObject({
      ...{ id: 'a1', name: 'nginx', image: 'nginx:1.27' },
      k8s: { namespace: 'shop', pod: 'web-1', container: 'nginx' },
    });
    const json = later.json(mntns, cgroupId);
    expect(JSON.parse(Buffer.from(json.k8s).toString())).toEqual({
      ...{ namespace: 'shop', pod: 'web-1', container: 'nginx' },
    });
  });

  test('after its end the cgroup still tells, the mount namespace does not', async () => {
    const watch = await Watch.of(containers, { containers: ['web'] });
    const container = await runc({ id: 'web' });
    const { mntns, cgroupId } = truth(container.pid);
    await watch.added();
    await container.kill(); // its state directory stays
    expect((await watch.removed()).remove).toEqual({ mntns: [mntns], cgroups: [cgroupId] });
    expect(containers.lookup(mntns, 1n)).toBeNull();
    expect(containers.lookup(HOST_MNTNS, cgroupId)).toMatchObject({ id: 'web', pid: null });
    expect(await ours(containers)).toEqual([]);
  });

  test('a cgroup that a container makes below its own belongs to it', async () => {
    const { pid } = await runc({ id: 'web' });
    const watch = await Watch.of(containers, { containers: ['other'] });
    const { cgroupId } = truth(pid);
    const { mount } = CgroupTree.system();
    const child = join(mount as string, '/imagesnoop-web/child');
    mkdirSync(child);
    done.push(() => rmdirSync(child));
    const { ino } = statSync(child, { bigint: true });
    expect(containers.lookup(HOST_MNTNS, cgroupId)?.id).toBe('web');
    expect(containers.lookup(HOST_MNTNS, ino)).toBeNull(); // asked for in the background
    await expect.poll(() => containers.lookup(HOST_MNTNS, ino)?.id).toBe('web');
    expect(watch.changes).toEqual([]);
  });

  test('a pid that was reused is nobody in the container', async () => {
    const folder = join(dir, 'runc', 'ghost');
    mkdirSync(folder, { recursive: true });
    const state = { init_process_pid: process.ppid, init_process_start: 1, cgroup_paths: {} };
    writeFileSync(join(folder, 'state.json'), JSON.stringify(state));
    const later = await Containers.open({ sockets: [], stateDirs });
    done.push(() => later.close());
    await later.ready;
    expect(await ours(later)).toEqual([]);
  });

  test('state that is no JSON, a directory that goes and comes back', async () => {
    const watch = await Watch.of(containers, { containers: ['web'] });
    mkdirSync(join(dir, 'runc', 'bad'), { recursive: true });
    writeFileSync(join(dir, 'runc', 'bad', 'state.json'), '{"init_process_pid":');
    rmSync(join(dir, 'runc'), { recursive: true });
    await runc({ id: 'web' });
    await watch.added();
  });
});

test('crun, on a machine whose cgroups are all v2', async (context) => {
  requireKernel(context, missing('runc', 'crun'));
  const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-crun-'));
  const path = join(dir, 'crun');
  const stateDirs: StateDir[] = [{ path, runtime: 'runc', namespaced: false }];
  const containers = await Containers.open({ sockets: [], stateDirs });
  const watch = await Watch.of(containers, { containers: ['web'] });
  const labels = { 'io.kubernetes.cri.image-name': 'nginx:1.27' };
  const container = await runcContainer({ id: 'web', stateDir: path, labels, runtime: 'crun' });
  try {
    const { add } = await watch.added();
    const { mntns, cgroupId } = truth(container.pid);
    expect(add).toEqual({ mntns: [mntns], cgroups: [cgroupId] });
    expect(containers.lookup(mntns, cgroupId)).toMatchObject({ name: 'web', image: 'nginx:1.27' });
  } finally {
    await container.stop();
    containers.close();
    rmSync(dirname(path), { recursive: true });
  }
});
