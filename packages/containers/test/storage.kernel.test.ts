import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { type ContainerInfo, type OverlayRoot, rootOfProcess, Storage } from '../src/index.js';
import { lacksOverlay } from './overlay.js';
import {
  missing,
  startContainerd,
  startDockerd,
  startPodman,
  type TestContainerd,
  type TestDockerd,
  type TestPodman,
} from './runtimes.js';

/** In the container that this is the root of, a process has made /tmp/mark. */
function expectRoot({ merged, upper, work, lowers }: OverlayRoot): void {
  expect(readdirSync(join(upper ?? '', 'tmp'))).toEqual(['mark']);
  expect(existsSync(join(merged ?? '', 'tmp/mark'))).toBe(true);
  expect(existsSync(join(work ?? '', '..'))).toBe(true);
  expect(existsSync(join(lowers.at(-1) ?? '', 'bin/busybox'))).toBe(true);
}

const COMMAND = ['/bin/sh', '-c', 'mkdir /tmp/mark; while :; do sleep 1000; done'];

/** The container's command runs after its start was told. */
const marked = (pid: number) =>
  expect.poll(() => existsSync(`/proc/${pid}/root/tmp/mark`)).toBe(true);

describe('Docker with overlay2', () => {
  const lack = missing('dockerd', 'containerd', 'runc') ?? lacksOverlay();
  let daemon: TestDockerd;
  let storage: Storage;
  beforeEach((context) => requireKernel(context, lack));
  beforeAll(async () => {
    if (lack !== null) return;
    daemon = await startDockerd({ storage: 'overlay2' });
    await daemon.create('asleep');
    await daemon.run('web', { command: COMMAND });
    const sockets = [
      { kind: 'docker', path: daemon.socket },
      { kind: 'containerd', path: daemon.containerdSocket },
    ] as const;
    storage = await Storage.open({ sockets, stateDirs: [] });
  });
  afterAll(async () => {
    storage?.close();
    await daemon?.stop();
  });

  test('tells of all containers, once each, and where their files are', async () => {
    expect(storage.containers.map(({ name }) => name).sort()).toEqual(['asleep', 'web']);
    const [web, asleep] = storage.find(['web', 'asleep']) as [ContainerInfo, ContainerInfo];
    await marked(web.pid ?? 0);
    expectRoot(await storage.root(web));
    const root = await storage.root(asleep);
    expect(lstatSync(root.upper ?? '').isDirectory()).toBe(true);
    expect(storage.notes).toEqual([]);
  });

  test('the mounts of a process tell the same', async () => {
    const [web] = storage.find(['web']) as [ContainerInfo];
    const root = await storage.root(web);
    expect(rootOfProcess(web.pid ?? 0)).toEqual(root);
  });

  test('layers of an image', async () => {
    const [layer] = await storage.image(daemon.image);
    expect(existsSync(join(layer ?? '', 'bin/busybox'))).toBe(true);
    await expect(storage.image('no/such:image')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' });
  });

  test('names that do not exist', () => {
    expect(() => storage.find(['weeb'])).toThrow(
      expect.objectContaining({ code: 'CONTAINER_NOT_FOUND', hint: 'Near: web.' }),
    );
    expect(() => storage.find(['a;b'])).toThrow(
      expect.objectContaining({ code: 'CONTAINER_SELECTOR_INVALID' }),
    );
  });
});

describe('containerd with overlayfs', () => {
  const lack = missing('containerd', 'runc') ?? lacksOverlay();
  let daemon: TestContainerd;
  beforeEach((context) => requireKernel(context, lack));
  beforeAll(async () => {
    if (lack === null) daemon = await startContainerd({ snapshotter: 'overlayfs' });
  });
  afterAll(() => daemon?.stop());

  test('by its snapshotter, or by the mounts of the first process', async () => {
    const { pid } = await daemon.run('web', { command: COMMAND });
    await marked(pid);
    await daemon.create('asleep');
    const sockets = [{ kind: 'containerd', path: daemon.socket }] as const;
    const storage = await Storage.open({ sockets, stateDirs: [] });
    const [web, asleep] = storage.find(['web', 'asleep']) as [ContainerInfo, ContainerInfo];
    const root = await storage.root(web);
    expectRoot(root);
    expect(rootOfProcess(pid)).toEqual(root);
    expect((await storage.root(asleep)).merged).toBeNull();
    storage.close();
  });
});

describe('Podman with overlay', () => {
  const lack = missing('podman', 'runc') ?? lacksOverlay();
  let podman: TestPodman;
  beforeEach((context) => requireKernel(context, lack));
  beforeAll(async () => {
    if (lack === null) podman = await startPodman({ storage: 'overlay' });
  });
  afterAll(() => podman?.stop());

  test('by its socket', async () => {
    const { pid } = await podman.run('pod-web', { command: COMMAND });
    await marked(pid);
    await podman.serve();
    const sockets = [{ kind: 'podman', path: podman.socket }] as const;
    const storage = await Storage.open({ sockets, stateDirs: [] });
    const [web] = storage.find(['pod-web']) as [ContainerInfo];
    expectRoot(await storage.root(web));
    storage.close();
  });
});
