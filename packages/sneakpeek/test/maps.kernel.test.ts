import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BpfMap } from '@imagesnoop/bpf-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { RunningTool, rowsOf, runTool } from '../../../tools/testing/tool.js';
import { missing, startDockerd, type TestDockerd } from '../../containers/test/runtimes.js';

const lacksBpffs = () => (existsSync('/sys/fs/bpf') ? null : 'needs /sys/fs/bpf');
const lack = missing('dockerd', 'containerd', 'runc') ?? lacksBpffs();
const MAP = `/sys/fs/bpf/mnt_ns_test_${process.pid}`;
/** Starts a program every now and then. */
const BUSY = ['/bin/sh', '-c', 'while :; do /bin/busybox sleep 0.1; done'];
let docker: TestDockerd;
let pid: number;
beforeEach((context) => requireKernel(context, lack));
beforeAll(async () => {
  if (lack !== null) return;
  docker = await startDockerd();
  ({ pid } = await docker.run('web', { command: BUSY }));
  await docker.run('other', { command: BUSY });
});
afterAll(() => docker?.stop());
afterEach(() => rmSync(MAP, { force: true }));

const env = () => ({ DOCKER_HOST: `unix://${docker.socket}`, CONTAINERD_ADDRESS: '/nowhere' });
const sneakpeek = (...args: string[]) => runTool('sneakpeek', args, { env: env() });
const mntns = (of: number) => statSync(`/proc/${of}/ns/mnt`).ino;

/** Keys of the pinned map. */
function inMap(): number[] {
  const map = BpfMap.openPinned(MAP);
  const keys = [...map.entries()].map(([key]) => Number(Buffer.from(key).readBigUInt64LE()));
  map.close();
  return keys.sort();
}

describe('the helpers', () => {
  test('namespaces of a container', async () => {
    expect((await sneakpeek('get_container_ns', '-n', 'web')).stdout).toBe(`${mntns(pid)}\n`);
    const { stdout } = await sneakpeek('get_container_ns', 'web', '--all');
    const kinds = readdirSync(`/proc/${pid}/ns`).filter((kind) => !kind.includes('children'));
    const expected = kinds.map((kind) => `${kind}\t${statSync(`/proc/${pid}/ns/${kind}`).ino}\n`);
    expect(stdout).toBe(expected.join(''));
    await docker.create('asleep');
    const asleep = await sneakpeek('get_container_ns', 'asleep');
    expect(asleep).toMatchObject({ code: 1, stderr: expect.stringContaining('does not run') });
  });

  test('containers of this machine, where there is no cluster', async () => {
    const none = { ...env(), KUBECONFIG: '', HOME: '/nowhere' };
    const { stdout } = await runTool('sneakpeek', ['get_all_containers'], { env: none });
    expect(stdout.split('\n')).toContainEqual(expect.stringMatching(/^127\.0\.0\.1,[0-9a-f]{64}$/));
  });

  test('a map, by position and by environment, under its own name', async () => {
    const bin = fileURLToPath(new URL('../bin/bpftool_map_container_ns.js', import.meta.url));
    const run = (args: string[], variables = {}) =>
      promisify(execFile)(process.execPath, [bin, ...args], {
        env: { ...process.env, ...variables },
      });
    expect((await run(['4026531999', MAP])).stdout).toContain('4026531999 added');
    expect((await run([], { INODE: '7', FILE: MAP })).stdout).toContain('7 added');
    expect((await run(['7', MAP])).stdout).toContain('is there already');
    expect(inMap()).toEqual([4026531999, 7]);
    await expect(run(['seven', MAP])).rejects.toMatchObject({ code: 2 });
    await expect(run(['7'])).rejects.toMatchObject({ code: 2 });
  });
});

describe('-t procmon', () => {
  test('starts execsnoop, which shows this container and no other', async () => {
    const args = ['-t', 'procmon', '-n', 'web', '--map', MAP, '--', '-o', 'json'];
    const { stdout, stderr, code } = await sneakpeek(...args, '--max-events', '5');
    expect({ stderr, code }).toMatchObject({ code: 0 });
    const rows = rowsOf(stdout);
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatchObject({ mntns: mntns(pid), comm: 'busybox' });
    expect(existsSync(MAP)).toBe(false);
  });

  test('--map-only leaves a map that any tool can take', async () => {
    await sneakpeek('procmon', '-n', 'web', '--map', MAP, '--map-only');
    expect(inMap()).toEqual([mntns(pid)]);
    const args = ['--mntnsmap', MAP, '--max-events', '3', '-o', 'json'];
    const { stdout } = await runTool('execsnoop', args);
    for (const row of rowsOf(stdout)) expect(row).toMatchObject({ mntns: mntns(pid) });
  });

  test('the map follows restarts', async () => {
    await docker.run('again');
    const args = ['procmon', '-n', 'again', '--map', MAP, '--map-only', '--follow'];
    const tool = new RunningTool('sneakpeek', args, { env: env() });
    await expect.poll(() => existsSync(MAP) && inMap()).toHaveLength(1);
    await docker.api('POST', '/containers/again/stop?t=0');
    await expect.poll(inMap).toEqual([]);
    const { pid: next } = await docker.start('again');
    await expect.poll(inMap).toEqual([mntns(next)]);
    expect((await tool.stop()).code).toBe(0);
    expect(inMap()).toEqual([mntns(next)]);
  });

  test('a container that is not there ends it before any map is made', async () => {
    const { code, stderr } = await sneakpeek('procmon', '-n', 'wbe', '--map', MAP);
    expect({ code, made: existsSync(MAP) }).toEqual({ code: 1, made: false });
    expect(stderr).toContain('Near: web');
    expect((await sneakpeek('procmon')).code).toBe(2);
  });
});
