// Directories made inside of a running container: whose they are, and where the host has them.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, startTool } from '../../../tools/testing/tool.js';
import { missing, startContainerd, type TestContainerd } from '../../containers/test/runtimes.js';

const lack = lacksRoot() ?? lacksBtf() ?? missing('containerd', 'ctr', 'runc');
/** bpf_loop(), without which the mounts of a container are not told (bpf/include/path.bpf.h). */
const [major = 0, minor = 0] = release().split('.').map(Number);
const KNOWS_MOUNTS = major > 5 || (major === 5 && minor >= 17);

let runtime: TestContainerd;
let outside: string;

beforeAll(async () => {
  if (lack === null) runtime = await startContainerd();
});
afterAll(() => runtime?.stop());
beforeEach((context) => {
  requireKernel(context, lack);
  outside = mkdtempSync(join(tmpdir(), 'mkdirsnoop-'));
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

describe('in a container of containerd', () => {
  test('a filter by name lets through its own, with path, host path, name and image', async () => {
    await runtime.run('web');
    const env = { CONTAINERD_ADDRESS: runtime.socket };
    const args = ['--container', 'web', '-o', 'json', '--no-file'];
    const tool = await startTool('mkdirsnoop', args, { env });
    mkdirSync(join(outside, 'not-in-a-container'));
    await runtime.exec('web', ['mkdir', '-p', '/srv/data', '/dev/shm/below-a-mount']);
    await runtime.exec('web', ['sh', '-c', 'cd /srv && mkdir relative']);
    const { code, stdout, stderr } = await tool.stop();

    expect(code, stderr).toBe(0);
    const rows = rowsOf(stdout);
    const made = rows.filter(({ comm, ret }) => comm === 'mkdir' && ret === 0);
    expect(made.map(({ path }) => path)).toEqual([
      '/srv',
      '/srv/data',
      '/dev/shm/below-a-mount',
      '/srv/relative',
    ]);
    for (const row of rows) {
      expect(row.container).toMatchObject({ id: 'web', name: 'web', runtime: 'containerd' });
      expect(row.mntns).not.toBe(statSync('/proc/self/ns/mnt').ino);
    }
    for (const { path, host_path } of made) {
      if (!KNOWS_MOUNTS || path === '/dev/shm/below-a-mount') {
        expect(host_path).toBe(null);
        continue;
      }
      expect(host_path).toMatch(new RegExp(`^/.+${path}$`));
      expect(statSync(host_path as string).isDirectory()).toBe(true);
    }
    await runtime.remove('web');
  });

  test('a container that comes later is awaited, and seen from its first process on', async () => {
    const env = { CONTAINERD_ADDRESS: runtime.socket };
    const args = ['--container', 'later', '--wait', '-o', 'json', '--no-file'];
    const tool = await startTool('mkdirsnoop', args, { env });
    const command = ['sh', '-c', 'mkdir /first; exec sleep 1000'];
    await runtime.run('later', { command });
    await runtime.exec('later', ['mkdir', '/second']);
    const { stdout, stderr } = await tool.stop();

    const paths = rowsOf(stdout).map(({ path }) => path);
    expect(paths, stderr).toEqual(expect.arrayContaining(['/first', '/second']));
    expect(existsSync(outside)).toBe(true);
    await runtime.remove('later');
  });
});

test('a root on an overlay is where the host has that mounted', async () => {
  const [lower, upper, scratch, merged] = ['lower', 'upper', 'work', 'merged'].map((name) =>
    join(outside, name),
  ) as [string, string, string, string];
  for (const folder of [lower, upper, scratch, merged]) mkdirSync(folder);
  copyFileSync('/bin/busybox', join(lower, 'busybox'));
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${scratch}`;
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, merged]);
  try {
    const tool = await startTool('mkdirsnoop', ['--comm', 'busybox', '-o', 'json', '--no-file']);
    const inside = ['unshare', '--mount', 'chroot', merged, '/busybox', 'mkdir', '-p', '/a/b'];
    execFileSync('env', inside);
    // In one namespace, from two roots: what is mounted is told from where each of them stands.
    const script = `mount --bind "$0/vol" "$0/merged/vol"; chroot "$0/merged" /busybox mkdir /vol/1;
      ${'$0'}/merged/busybox mkdir "$0/merged/vol/2"`;
    mkdirSync(join(outside, 'vol'));
    mkdirSync(join(merged, 'vol'));
    execFileSync('unshare', ['--mount', 'sh', '-c', script, outside]);
    const { stdout } = await tool.stop();
    const rows = rowsOf(stdout).filter(({ ret }) => ret === 0);
    expect(rows.map(({ path }) => path)).toEqual(['/a', '/a/b', '/vol/1', join(merged, 'vol/2')]);
    const onHost = ['merged/a', 'merged/a/b', 'vol/1', 'vol/2'].map((each) => join(outside, each));
    expect(rows.map(({ host_path }) => host_path)).toEqual(
      onHost.map((each) => (KNOWS_MOUNTS ? each : null)),
    );
    expect(statSync(join(upper, 'a/b')).isDirectory()).toBe(true);
  } finally {
    execFileSync('umount', [merged]);
  }
});
