import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, runTool } from '../../../tools/testing/tool.js';
import { lacksOverlay } from '../../containers/test/overlay.js';
import {
  missing,
  startContainerd,
  startDockerd,
  type TestContainerd,
  type TestDockerd,
} from '../../containers/test/runtimes.js';

const lack = missing('dockerd', 'containerd', 'runc') ?? lacksOverlay();
let docker: TestDockerd;
let containerd: TestContainerd;
beforeEach((context) => requireKernel(context, lack));
beforeAll(async () => {
  if (lack !== null) return;
  docker = await startDockerd({ storage: 'overlay2' });
  containerd = await startContainerd({ snapshotter: 'overlayfs' });
});
afterAll(async () => {
  await containerd?.stop();
  await docker?.stop();
});

/** Only the daemons of this test. */
const sneakpeek = (...args: string[]) =>
  runTool('sneakpeek', args, {
    env: {
      DOCKER_HOST: `unix://${docker.socket}`,
      CONTAINERD_ADDRESS: containerd.socket,
    },
  });

/** Runs a shell script as the only thing a container does. */
async function ran(name: string, script: string): Promise<void> {
  await docker.run(name, { command: ['/bin/sh', '-c', script] });
  await docker.api('POST', `/containers/${name}/wait`);
}

/** As docker diff tells it: 0 changed, 1 added, 2 deleted. */
async function dockerDiff(name: string): Promise<string[]> {
  type Told = { Kind: 0 | 1 | 2; Path: string }[];
  const answer = await docker.api('GET', `/containers/${name}/changes`);
  const told = Array.isArray(answer) ? (answer as Told) : []; // "null" stands for none
  return told.map(({ Kind, Path }) => `${'CAD'[Kind]} ${Path}`).sort();
}

async function ours(...args: string[]): Promise<string[]> {
  const { stdout, code } = await sneakpeek('files', ...args, '-q', '-o', 'json');
  expect(code).toBe(0);
  return rowsOf(stdout)
    .map(({ change, path }) => `${change} ${path}`)
    .sort();
}

describe('-t files', () => {
  test('agrees with docker diff', async () => {
    const script = `
      echo a > /etc/a; mkdir -p /tmp/x/y; echo b > /tmp/x/y/b; rm /bin/nc; ln -s /nowhere /tmp/link
      ln /etc/a /etc/hard; mkdir /srv; echo over > /bin/wget; chmod 700 /tmp`;
    await ran(
      'diff',
      script.replaceAll('chmod', 'busybox chmod').replaceAll(/\b(rm|ln) /g, 'busybox $1 '),
    );
    const told = await ours('diff');
    expect(told).toEqual(await dockerDiff('diff'));
    expect(told).toContain('D /bin/nc');
    expect(told).toContain('A /etc/hard');
  });

  test('a directory that was removed and made anew', async () => {
    await ran('anew', 'busybox rm -r /tmp; mkdir /tmp; : > /tmp/new');
    expect(await ours('anew')).toEqual(['A /tmp/new', 'C /tmp']);
  });

  test('sees other content of the same size and time, which docker diff does not', async () => {
    const script = `
      busybox cp /bin/busybox /b; busybox printf X | busybox dd of=/b bs=1 seek=9999 conv=notrunc
      busybox touch -d @0 /b; busybox mv /b /bin/busybox; busybox touch -d @0 /bin`;
    await ran('forged', script);
    expect(await ours('forged')).toContain('C /bin/busybox');
    expect(await dockerDiff('forged')).not.toContain('C /bin/busybox');
  });

  test('rows, columns and paths', async () => {
    await docker.create('rows');
    await ran('rows2', 'busybox printf 12345 > /etc/five');
    const { stdout } = await sneakpeek('-t', 'files', '-n', 'rows2', '-o', 'json', '-q');
    const [dir, row] = rowsOf(stdout) as Record<string, unknown>[];
    expect(dir).toMatchObject({ change: 'C', kind: 'directory', path: '/etc' });
    expect(row).toMatchObject({
      ...{ type: 'change', change: 'A', kind: 'file', size: 5, mode: 0o644, uid: 0, gid: 0 },
      ...{ path: '/etc/five', node: null, k8s: null },
      host_path: expect.stringMatching(/\/merged\/etc\/five$/),
      mtime: expect.stringMatching(/^20\d\d-\d\d-\d\dT.*\.\d{9}Z$/),
      container: expect.objectContaining({ name: 'rows2', runtime: 'docker' }),
    });
    const table = await sneakpeek('-t', 'files', '-n', 'rows2', '--chroot');
    expect(table.stdout).toMatch(/^C KIND {2}.* PATH\n/);
    expect(table.stdout).toMatch(/^A file +5 0644 \S+ \/etc\/five$/m);
    expect(table.stderr).toBe('2 changes\n');
    const bare = await sneakpeek('-t', 'files', '-n', 'rows2');
    expect(bare.stdout).toMatch(/ \/\S+\/merged\/etc\/five$/m);
  });

  test('a hostile name stays one line, and its bytes can be had', async () => {
    await ran('hostile', 'busybox touch "$(busybox printf \'/tmp/a\\nb\\033[2J\\377\')"');
    const { stdout } = await sneakpeek('files', 'hostile', '--chroot');
    expect(stdout).toContain('/tmp/a\\nb\\x1b[2J\\xff\n');
    const [, row] = rowsOf((await sneakpeek('files', 'hostile', '-o', 'json', '-q')).stdout);
    expect(row?.path).toBe('/tmp/a\nb\x1b[2J\\xff');
  });

  test('by saved docker inspect output, without any engine', async () => {
    const path = join(tmpdir(), `inspect-${process.pid}.json`);
    writeFileSync(path, JSON.stringify([await docker.api('GET', '/containers/diff/json')]));
    const env = { DOCKER_HOST: 'unix:///nowhere', CONTAINERD_ADDRESS: '/nowhere' };
    const { stdout } = await runTool('sneakpeek', ['files', '-f', path, '-o', 'json', '-q'], {
      env,
    });
    expect(rowsOf(stdout)).toHaveLength((await ours('diff')).length);
    writeFileSync(path, '[]');
    const empty = await runTool('sneakpeek', ['files', '-f', path]);
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining('no container in it') });
  });

  test('against another container, and against the image', async () => {
    expect(await ours('rows2', '--against', 'diff')).toContain('D /etc/a');
    expect(await ours('rows', '--against', docker.image)).toContain('A /.dockerenv');
  });

  test('all containers of all engines; of one engine; one by its name', async () => {
    await containerd.run('ctr-web', { command: ['/bin/sh', '-c', 'mkdir /tmp/mark; sleep 1000'] });
    await expect.poll(() => ours('ctr-web')).toContain('A /tmp/mark');
    const { stdout, stderr } = await sneakpeek('files');
    expect(stdout).toMatch(/ ctr-web +\S*\/tmp\/mark$/m);
    expect(stdout).toMatch(/ diff +\S*\/etc\/a$/m);
    // Others may run containers here, too.
    expect(stderr).toMatch(/^\d+ changes in \d+ containers$/m);
    const only = await sneakpeek('files', '-c', 'containerd');
    expect(only.stdout).not.toMatch(/ diff /);
    const wrong = await sneakpeek('files', 'dif');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('Near: diff.') });
  });

  test('100,000 files', async () => {
    const script =
      'mkdir /many; cd /many; i=0; while [ $i -lt 100 ]; do mkdir $i; i=$((i+1)); done';
    await ran('many', script);
    const { GraphDriver } = (await docker.api('GET', '/containers/many/json')) as {
      GraphDriver: { Data: { UpperDir: string } };
    };
    // Nothing runs in it, so its upper layer may be written directly.
    for (let i = 0; i < 100_000; i++) {
      writeFileSync(join(GraphDriver.Data.UpperDir, 'many', String(i % 100), `f${i}`), '');
    }
    const started = performance.now();
    expect(await ours('many')).toHaveLength(100_101);
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

describe('-t merged_dir', () => {
  test('the directory alone, or with its layers', async () => {
    await docker.run('mounted');
    const { stdout } = await sneakpeek('-t', 'merged_dir', '-n', 'mounted');
    expect(stdout).toMatch(/^\/\S+\/merged\n$/);
    const all = await sneakpeek('merged_dir', 'mounted', '--all');
    expect(all.stdout).toMatch(/^merged\t\S+\nupper\t\S+\nwork\t\S+\n(lower\t\S+\n)+$/);
    const json = await sneakpeek('merged_dir', 'mounted', '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      merged: stdout.trim(),
      container: { name: 'mounted' },
    });
  });

  test('of a containerd container that does not run there is none', async () => {
    await containerd.create('asleep');
    const { code, stderr } = await sneakpeek('merged_dir', 'asleep');
    expect(code).toBe(1);
    expect(stderr).toContain('asleep is not mounted');
  });
});
