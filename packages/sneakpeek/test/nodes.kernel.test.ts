import { execFileSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { RunningTool, rowsOf, runTool } from '../../../tools/testing/tool.js';
import { lacksOverlay } from '../../containers/test/overlay.js';
import { missing, startDockerd, type TestDockerd } from '../../containers/test/runtimes.js';
import { startSshd, type TestSshd } from './sshd.js';

const lack =
  missing('dockerd', 'containerd', 'runc') ??
  (existsSync('/usr/sbin/sshd') ? null : 'needs openssh-server') ??
  lacksOverlay();
/** Logging in takes its time on a busy machine. */
const SOON = { timeout: 30_000 };
const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
let docker: TestDockerd;
let sshd: TestSshd;
let pid: number;
beforeEach((context) => requireKernel(context, lack));
beforeAll(async () => {
  if (lack !== null) return;
  sshd = await startSshd(['node-a', 'node-b']);
  docker = await startDockerd({ storage: 'overlay2' });
  const script = 'busybox touch "$(busybox printf \'/tmp/\\n\\377\')"; sleep 1000';
  ({ pid } = await docker.run('web', { command: ['/bin/sh', '-c', script] }));
});
afterAll(async () => {
  await docker?.stop();
  await sshd?.stop();
});

/** The far side of ssh has an environment of its own. */
const remote = () =>
  `env DOCKER_HOST=unix://${docker.socket} CONTAINERD_ADDRESS=/nowhere ${process.execPath} ${BIN}`;
const sneakpeek = (...args: string[]) =>
  runTool('sneakpeek', [...args, '--remote', remote()], { env: sshd.env });

describe('files of other nodes', () => {
  test('are told as those of this one, with the node', async () => {
    const local = await runTool('sneakpeek', ['files', 'web', '-q', '-o', 'json'], {
      env: { DOCKER_HOST: `unix://${docker.socket}`, CONTAINERD_ADDRESS: '/nowhere' },
    });
    const far = await sneakpeek(
      '-t',
      'files',
      '-a',
      'node-a',
      '-u',
      'root',
      '-n',
      'web',
      '-o',
      'json',
    );
    const expected = rowsOf(local.stdout).map((row): Record<string, unknown> => {
      return { ...row, node: 'node-a' };
    });
    expect(expected.map(({ path }) => path)).toContain('/tmp/\n\\xff');
    expect(rowsOf(far.stdout)).toEqual(expected);
    expect(far.stderr).toBe(`${expected.length} changes on 1 node\n`);
  });

  test('several nodes; one that does not answer is told, and the others are not lost', async () => {
    const { code, stdout, stderr } = await sneakpeek(
      'files',
      'web',
      '-a',
      'node-a,nowhere.invalid,node-b',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^NODE +C KIND/);
    expect(stdout).toMatch(/^node-a .*\/tmp\/\\n\\xff$/m);
    expect(stdout).toMatch(/^node-b .*\/tmp\/\\n\\xff$/m);
    expect(stderr).toContain('1 of 3 nodes could not be asked');
  });

  test('an error on the far side is told as it is', async () => {
    const { code, stderr } = await sneakpeek('files', 'wbe', '-a', 'node-a');
    expect(code).toBe(1);
    expect(stderr).toContain("node-a: sneakpeek: no container matches 'wbe'");
    expect(stderr).toContain('Near: web.');
  });
});

test('namespaces and merged directories of other nodes', async () => {
  const ns = await sneakpeek('get_container_ns', '-a', 'node-a', '-u', 'root', '-n', 'web');
  expect(ns.stdout).toBe(`${statSync(`/proc/${pid}/ns/mnt`).ino}\n`);
  const merged = await sneakpeek('merged_dir', 'web', '-a', 'node-a');
  expect(merged.stdout).toMatch(/^\/\S+\/merged\n$/);
});

test('a tool that runs there ends when this one does', async () => {
  const map = `/sys/fs/bpf/mnt_ns_far_${process.pid}`;
  const args = ['procmon', '-n', 'web', '-a', 'node-a', '--map', map, '--remote', remote()];
  const tool = new RunningTool('sneakpeek', args, { env: sshd.env });
  await expect.poll(() => existsSync(map), SOON).toBe(true);
  await tool.stop();
  // The pin goes when the other side has ended as it should.
  await expect.poll(() => existsSync(map), SOON).toBe(false);
});

test('changes of files on several nodes, as they happen', async () => {
  const args = ['fswatch', 'web', '-a', 'node-a,node-b', '--remote', remote()];
  const tool = new RunningTool('sneakpeek', args, { env: sshd.env });
  const lines: string[] = [];
  const changes = () =>
    lines
      .join('')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  tool.child.stdout?.on('data', (text: string) => lines.push(text));
  const nodes = () => new Set(changes().map(({ node }) => node));
  await expect
    .poll(() => {
      writeFileSync(`/proc/${pid}/root/tmp/never-told`, 'by no process of the container');
      execFileSync('nsenter', ['-t', String(pid), '-m', '/bin/busybox', 'touch', '/tmp/told']);
      execFileSync('nsenter', ['-t', String(pid), '-m', '/bin/busybox', 'rm', '/tmp/told']);
      return nodes().size;
    }, SOON)
    .toBe(2);
  expect(changes()[0]).toMatchObject({
    ...{ operation: 'create', path: '/tmp/told', container: { name: 'web' } },
  });
  expect(changes().filter(({ path }) => path === '/tmp/never-told')).toEqual([]);
  expect((await tool.stop()).code).toBe(0);
  await expect
    .poll(() => execFileSync('ps', ['ax'], { encoding: 'utf8' }), SOON)
    .not.toContain(`fswatch --output=json --quiet --until-eof --wait --container=web`);
});

test('nothing that is named becomes a command', async () => {
  const trap = join(tmpdir(), `sneakpeek-trap-${process.pid}`);
  const touch = `touch ${trap}`;
  for (const name of [
    `x;${touch}`,
    `$(${touch})`,
    `'; ${touch}; '`,
    `\`${touch}\``,
    `a\n${touch}\n`,
  ]) {
    const { code } = await sneakpeek('files', '-a', 'node-a', '-n', name, '-e', name);
    expect(code).toBe(1);
  }
  for (const node of [`-oProxyCommand=${touch}`, `node-a;${touch}`]) {
    const { code, stderr } = await sneakpeek('files', 'web', `--node-addr=${node}`);
    expect(code).toBe(1);
    expect(stderr).toContain('is no name or address of a node');
  }
  expect(existsSync(trap)).toBe(false);
});
