import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { Containers, type RuntimeSocket, type StateDir } from '../src/index.js';
import { missing, startDockerd, type TestDockerd } from './runtimes.js';
import { HOST_MNTNS, truth } from './truth.js';
import { Watch } from './watch.js';

describe('Docker', () => {
  const lack = missing('dockerd', 'containerd', 'runc');
  let daemon: TestDockerd;
  let sockets: RuntimeSocket[];
  let stateDirs: StateDir[];

  beforeAll(async () => {
    if (lack !== null) return;
    daemon = await startDockerd();
    sockets = [{ kind: 'docker', path: daemon.socket }];
    stateDirs = [{ path: daemon.stateDir, runtime: 'docker', namespaced: true }];
  });
  afterAll(() => daemon?.stop());
  const opened: Containers[] = [];
  const open = async (options: Parameters<typeof Containers.open>[0]): Promise<Containers> => {
    const containers = await Containers.open(options);
    opened.push(containers);
    return containers;
  };
  beforeEach((context) => requireKernel(context, lack));
  afterEach(() => {
    for (const containers of opened.splice(0)) containers.close();
  });

  test.each(['its socket', 'its socket and state'])('tells of what runs, by %s', async (by) => {
    const { id, pid } = await daemon.run('web');
    const containers = await open({ sockets, stateDirs: by === 'its socket' ? [] : stateDirs });
    await containers.ready;
    const { mntns, cgroupId } = truth(pid);
    expect(containers.notes()).toEqual([]);
    expect(containers.lookup(mntns, cgroupId)).toMatchObject({
      ...{ id, name: 'web', image: daemon.image, runtime: 'docker', k8s: null },
      ...{ pid, mntns, cgroupId },
    });
    const { container, k8s } = containers.json(mntns, cgroupId);
    expect(Buffer.from(container).toString()).toBe(
      `{"id":"${id}","name":"web","image":"${daemon.image}","runtime":"docker"}`,
    );
    expect(Buffer.from(k8s).toString()).toBe('null');
    await daemon.remove('web');
  });

  test('a container keeps its name through stop, start and rename', async () => {
    const containers = await open({ sockets, stateDirs });
    const watch = await Watch.of(containers, { containers: ['db'] });
    const first = await daemon.run('db');
    expect((await watch.added()).container.pid).toBe(first.pid);
    await daemon.api('POST', '/containers/db/stop?t=1');
    await watch.removed();
    await daemon.api('POST', '/containers/db/rename?name=db2');
    watch.changes.length = 0;
    const again = await Watch.of(containers, { containers: ['db2'] });
    const second = await daemon.start('db2');
    expect((await again.added()).container).toMatchObject({ id: first.id, pid: second.pid });
    expect(watch.changes).toEqual([]);
    await daemon.remove('db2');
  });

  test('a container that does not run is refused with the reason', async () => {
    await daemon.create('asleep');
    const containers = await open({ sockets, stateDirs });
    await expect(containers.select({ containers: ['asleep'] })).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
      hint: expect.stringContaining('does not run'),
    });
    await daemon.remove('asleep');
  });

  test('near names, prefixes, exclusion', async () => {
    const web = await daemon.run('webserver');
    const db = await daemon.run('database');
    const containers = await open({ sockets, stateDirs });
    await expect(containers.select({ containers: ['webserve'] })).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
      message: "no running container matches container 'webserve'",
      hint: expect.stringContaining('Near: webserver.'),
    });
    const chosen = await containers.select({ containers: [web.id.slice(0, 12)] });
    expect(chosen.mode).toBe('include');
    expect(chosen.keys).toEqual({
      mntns: [truth(web.pid).mntns],
      cgroups: [truth(web.pid).cgroupId],
    });
    const others = await containers.select({ containers: ['!database'] });
    expect(others.mode).toBe('exclude');
    expect(others.containers.map(({ id }) => id)).toEqual([db.id]);
    await daemon.remove('webserver');
    await daemon.remove('database');
  });

  test('its id is known without any runtime, from the cgroup', async () => {
    const { id, pid } = await daemon.run('web');
    const containers = await open({ sockets: [], stateDirs: [] });
    await containers.ready;
    const { mntns, cgroupId } = truth(pid);
    const expected = { id, name: null, image: null, runtime: 'docker', pid };
    expect(containers.lookup(mntns, cgroupId)).toMatchObject(expected);

    const late = await daemon.run('late');
    const keys = truth(late.pid);
    expect(containers.lookup(HOST_MNTNS, keys.cgroupId)).toBeNull(); // asked for in the background
    await expect.poll(() => containers.lookup(HOST_MNTNS, keys.cgroupId)?.id).toBe(late.id);
    await daemon.remove('web');
    await daemon.remove('late');
  });
});
