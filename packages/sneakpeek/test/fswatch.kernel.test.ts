import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import {
  lostIn,
  type RunningTool,
  rowsOf,
  runTool,
  startTool,
} from '../../../tools/testing/tool.js';
import { missing, startDockerd, type TestDockerd } from '../../containers/test/runtimes.js';

let lack = missing('dockerd', 'containerd', 'runc');
let docker: TestDockerd;
let dir: string;
const names = ['one', 'two', 'three'];
beforeEach((context) => requireKernel(context, lack));
beforeAll(async () => {
  lack ??= await lacksFswatch();
  if (lack !== null) return;
  dir = mkdtempSync(join(tmpdir(), 'imagesnoop-fswatch-'));
  const source = join(import.meta.dirname, 'workload/changes.c');
  execFileSync('gcc', ['-O2', '-static', '-o', join(dir, 'changes'), source]);
  docker = await startDockerd();
  for (const name of names) {
    const { pid } = await docker.run(name);
    const program = `/proc/${pid}/root/bin/changes`;
    copyFileSync(join(dir, 'changes'), program);
    chmodSync(program, 0o755);
  }
});
afterAll(async () => {
  await docker?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true });
});

/** Why this kernel does not let us watch, or null. */
async function lacksFswatch(): Promise<string | null> {
  if (lack !== null) return lack;
  const { code, stderr } = await runTool('sneakpeek', [
    'fswatch',
    '--no-drop',
    '--duration',
    '0.01',
  ]);
  if (code === 0) return null;
  if (code === 3) return `this kernel cannot be watched: ${stderr.split('\n')[0]}`;
  throw new Error(`sneakpeek fswatch: exit ${code}: ${stderr}`);
}

/** Runs a command in a container to its end; what it printed. */
async function exec(name: string, ...command: string[]): Promise<string> {
  const body = { Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true };
  const { Id } = (await docker.api('POST', `/containers/${name}/exec`, body)) as { Id: string };
  return String(await docker.api('POST', `/exec/${Id}/start`, { Detach: false, Tty: true }));
}

const watch = (...args: string[]): Promise<RunningTool> =>
  startTool('sneakpeek', ['fswatch', '-o', 'json', ...args], {
    env: { DOCKER_HOST: `unix://${docker.socket}`, CONTAINERD_ADDRESS: '/nowhere' },
  });

type Row = Readonly<Record<string, unknown>>;
const nameOf = (row: Row) => (row.container as { name: string } | null)?.name;
const told = (rows: readonly Row[]) =>
  rows.map(({ operation, path, from }) => [operation, from, path].filter(Boolean).join(' '));

describe('-t fswatch', () => {
  test('each kind of change, with its writer', async () => {
    const tool = await watch('-n', 'one');
    const script = `
      cd /tmp; echo hi > a; echo more >> a; busybox mv a b; busybox chmod 600 b; busybox ln b hard
      busybox chown 5:6 b; mkdir sub; busybox rmdir sub; busybox ln -s x sym; busybox mkfifo fifo
      busybox truncate -s 9 ../tmp/./b; : > /dev/null; busybox rm b hard sym fifo`;
    await exec('two', '/bin/sh', '-c', 'echo not watched > /tmp/other');
    await exec('one', '/bin/sh', '-c', script);
    const { stdout } = await tool.stop();
    const rows = rowsOf(stdout);
    expect(told(rows)).toEqual([
      ...['create /tmp/a', 'write /tmp/a', 'write /tmp/a', 'rename /tmp/a /tmp/b', 'mode /tmp/b'],
      ...['link /tmp/b /tmp/hard', 'owner /tmp/b', 'create /tmp/sub', 'delete /tmp/sub'],
      ...['create /tmp/sym', 'create /tmp/fifo', 'write /tmp/b', 'delete /tmp/b'],
      ...['delete /tmp/hard', 'delete /tmp/sym', 'delete /tmp/fifo'],
    ]);
    expect(rows[0]).toMatchObject({
      ...{ type: 'change', kind: 'file', comm: 'sh', uid: 0, container: { name: 'one' } },
      argv: ['/bin/sh', '-c', expect.stringContaining('cd /tmp')],
    });
    expect(rows[1]).toMatchObject({ bytes: 3 });
    expect(rows[4]).toMatchObject({ mode: 0o600, argv: ['busybox', 'chmod', '600', 'b'] });
    expect(rows[6]).toMatchObject({ new_uid: 5, new_gid: 6 });
    expect(lostIn(stdout)).toBe(0);
  });

  test('arguments are told without the secrets in them', async () => {
    const command = ['/bin/sh', '-c', 'echo x > /tmp/s', 'sh', '--password', 'hush', '--port=80'];
    const tool = await watch('-n', 'one');
    await exec('one', ...command);
    const [row] = rowsOf((await tool.stop()).stdout);
    expect(row?.argv).toEqual([...command.slice(0, 5), '<redacted>', '--port=80']);
    const shown = await watch('-n', 'one', '--show-secrets');
    await exec('one', ...command);
    expect(rowsOf((await shown.stop()).stdout)[0]?.argv).toEqual(command);
  });

  test('containers that start later are there from their first change on', async () => {
    const tool = await watch();
    await docker.run('late', { command: ['/bin/sh', '-c', 'echo x > /first; sleep 1000'] });
    await expect.poll(() => exec('late', '/bin/ls', '/first')).toContain('/first');
    const { stdout } = await tool.stop();
    const rows = rowsOf(stdout).filter(({ comm }) => comm === 'sh');
    expect(told(rows)).toEqual(['create /first', 'write /first']);
    expect(rows.map(nameOf)).toEqual(['late', 'late']);
  });

  test('50,000 changes by three containers, each once and with its writer', async () => {
    const each = 3334;
    const tool = await watch('--buffer', '64M');
    const printed = await Promise.all(
      names.map((name) => exec(name, '/bin/changes', String(each), '/tmp')),
    );
    expect(printed.map((text) => text.trim())).toEqual(names.map(() => String(each * 5)));
    const { stdout } = await tool.stop();
    expect(lostIn(stdout)).toBe(0);
    const rows = rowsOf(stdout).filter(({ comm }) => comm === 'changes');
    expect(rows).toHaveLength(3 * 5 * each);
    for (const name of names) {
      const own = rows.filter((row) => nameOf(row) === name);
      expect(new Set(own.map(({ pid }) => pid)).size).toBe(1);
      const expected = Array.from({ length: each }, (_, i) => [
        ...[`create /tmp/f${i}`, `write /tmp/f${i}`, `rename /tmp/f${i} /tmp/g${i}`],
        ...[`mode /tmp/g${i}`, `delete /tmp/g${i}`],
      ]).flat();
      expect(told(own)).toEqual(expected);
    }
  });

  test('many writes through one open file are told once a second', async () => {
    const tool = await watch('-n', 'one');
    const script =
      'busybox dd if=/dev/zero of=/tmp/many bs=1 count=5000 2>/dev/null; busybox rm /tmp/many';
    await exec('one', '/bin/sh', '-c', script);
    const { stdout } = await tool.stop();
    const operations = rowsOf(stdout).map(({ operation }) => operation);
    expect(operations.filter((each) => each === 'write').length).toBeLessThan(4);
    expect(operations.at(0)).toBe('create');
    expect(operations.at(-1)).toBe('delete');
  });
});

test('top counts what a container does', async () => {
  const tool = await startTool('sneakpeek', ['top', 'one', '-i', '0.3', '-o', 'json'], {
    env: { DOCKER_HOST: `unix://${docker.socket}`, CONTAINERD_ADDRESS: '/nowhere' },
  });
  await exec('one', '/bin/changes', '100', '/tmp');
  const { stdout } = await tool.stop();
  const rows = rowsOf(stdout);
  expect(new Set(rows.map(nameOf))).toEqual(new Set(['one']));
  const sum = (name: string) => rows.reduce((total, row) => total + Number(row[name]), 0);
  expect({ changes: sum('changes'), written: sum('written_bytes') }).toEqual({
    ...{ changes: 500, written: 300 },
  });
  expect(sum('execs')).toBeGreaterThan(0);
});

test('lines of top and fswatch are as the schema says', async () => {
  const text = readFileSync(new URL('../sneakpeek.schema.json', import.meta.url), 'utf8');
  const isValid = new Ajv2020({ validateFormats: false }).compile(JSON.parse(text));
  for (const args of [['top', '-i', '0.3'], ['fswatch']]) {
    const tool = await startTool('sneakpeek', [...args, '-o', 'json'], {
      env: { DOCKER_HOST: `unix://${docker.socket}`, CONTAINERD_ADDRESS: '/nowhere' },
    });
    await exec('one', '/bin/changes', '3', '/tmp');
    const lines = (await tool.stop()).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines)
      expect({ line, errors: isValid(line) || isValid.errors }).toEqual({ line, errors: true });
    const { type: _, ...untyped } = lines[0];
    expect(isValid(untyped)).toBe(false);
  }
});
