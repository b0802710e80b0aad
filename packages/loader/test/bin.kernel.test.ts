// The built binary as a user runs it.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { caller, ended } from './calls.js';

const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const OBJECT = fileURLToPath(new URL('./fixtures/nice.bpf.o', import.meta.url));

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function loader(...args: string[]): Promise<Result> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [BIN, ...args]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Result;
  }
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('the command line', () => {
  test.each([
    [['frobnicate'], "no command 'frobnicate'"],
    [['run'], 'run takes one object file'],
    [['run', '--intervall', '1', OBJECT], '--intervall'],
    [['run', '-d', 'x', OBJECT], '--duration'],
    [['doctor', '-o', 'xml'], "expected table or json, got 'xml'"],
    [[], 'which command?'],
  ])('%j is refused with 2', async (args, message) => {
    const { code, stdout, stderr } = await loader(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('help and version go to stdout', async () => {
    expect((await loader('--help')).stdout).toContain('doctor');
    expect((await loader('run', '--help')).stdout).toContain('--interval S');
    expect((await loader('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('an object that is not there, or is none', async () => {
    const missing = await loader('run', '/nowhere.bpf.o');
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('cannot read /nowhere.bpf.o (ENOENT)');
    const other = await loader('run', BIN);
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(other.stderr).not.toContain('    at ');
  });
});

describe('doctor', () => {
  beforeEach((context) => requireKernel(context, lacksRoot() ?? lacksBtf()));

  test('tells each kind of hook and each tool, in JSON and for people alike', async () => {
    const { code, stdout } = await loader('doctor', '-o', 'json');
    const diagnosis = JSON.parse(stdout);
    expect(code).toBe(diagnosis.ok ? 0 : 3);
    const kinds = diagnosis.hooks.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['fentry', 'kprobe', 'tracepoint', 'tp_btf']));
    for (const { status, why } of diagnosis.hooks) {
      expect(['works', 'refused', 'not attached', 'never fires']).toContain(status);
      expect(why === null).toBe(status === 'works');
    }
    const table = (await loader('doctor')).stdout;
    for (const kind of kinds) expect(table).toMatch(new RegExp(`^  ${kind} +(ok|--) `, 'm'));
    for (const { tool } of diagnosis.tools) expect(table).toMatch(new RegExp(`^  ${tool} `, 'm'));
    expect(table).not.toContain('\x1b');
    const alone = JSON.parse((await loader('doctor', '--no-tools', '-o', 'json')).stdout);
    expect({ ...alone, tools: diagnosis.tools, ok: diagnosis.ok }).toEqual(diagnosis);
  });
});

test('doctor speaks to a user who may look into nothing', (context) => {
  requireKernel(context, lacksRoot());
  const closed = 'mount -t tmpfs -o mode=700 none /run; exec "$@"';
  const inside = ['--mount', 'sh', '-c', closed, '-', 'setpriv', '--reuid=65534', '--clear-groups'];
  const argv = [...inside, process.execPath, BIN, 'doctor', '-o', 'json'];
  const { status, stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([3, '']);
  const { missing, hooks, runtimes } = JSON.parse(stdout);
  expect(missing[0]).toMatchObject({ what: 'CAP_BPF and CAP_PERFMON' });
  expect(hooks).toEqual([]);
  expect(runtimes).toContainEqual(expect.objectContaining({ runtime: 'docker', answers: false }));
});

describe('run', () => {
  beforeEach((context) => requireKernel(context, lacksRoot() ?? lacksBtf()));

  /** Runs while `work` is done, and ends by a signal. */
  async function runDuring(args: string[], work: () => Promise<void>): Promise<Result> {
    const child = spawn(process.execPath, [BIN, 'run', '-v', ...args, OBJECT]);
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      texts.stdout += data;
    });
    const attached = new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (data) => {
        texts.stderr += data;
        if (texts.stderr.includes('attached; Ctrl-C')) resolve();
      });
      child.once('exit', () => reject(new Error(`ended early: ${texts.stderr}`)));
    });
    await attached;
    await work();
    child.kill('SIGINT');
    const code = await new Promise<number>((resolve) => child.once('close', resolve));
    return { code, ...texts };
  }

  test('prints what arrives, typed, and the maps at the end', async () => {
    let pid = 0;
    const { code, stdout, stderr } = await runDuring(['--maps'], () => {
      const child = caller(7);
      pid = child.pid as number;
      return ended(child);
    });
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    const rows = lines.filter(({ map }) => map === 'events');
    const hooks = stderr.match(/attached to (?!.*swapoff)/g) ?? [];
    expect(rows.filter(({ data }) => data.header.pid === pid)).toHaveLength(7 * hooks.length);
    expect(rows[0]).toMatchObject({
      struct: 'nice_event',
      data: { header: { comm: 'node' }, which: 0, who: 0, text_length: 4, text: 'nice' },
    });
    const losses = lines.filter(({ map }) => map === 'lost');
    expect(losses.map(({ key }) => key)).toEqual([0, 1, 2]);
    for (const { values } of losses) expect(new Set(values)).toEqual(new Set([0]));
    expect(stderr).toContain('privileges: given up');
    expect(stderr).toMatch(/program nice_refused_tpbtf: EACCES/);
  });

  test('a struct by name, or a list of those there are', async () => {
    const short = await runDuring(['--struct', 'event_header'], () => ended(caller(1)));
    expect(linesOf(short.stdout)[0]).toMatchObject({ struct: 'event_header', data: { type: 1 } });
    const wrong = await loader('run', '--struct', 'nothing', OBJECT);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('nice_event');
  });

  test('a reader that goes away is a normal end', async () => {
    const script = `"$0" "$1" run -d 20 --interval 0.1 --maps "$2" | head -n 1`;
    const { stdout } = await promisify(execFile)('bash', [
      '-o',
      'pipefail',
      '-c',
      script,
      process.execPath,
      BIN,
      OBJECT,
    ]);
    expect(linesOf(stdout)).toHaveLength(1);
  });

  test('without privileges it says which, and ends with 3', async () => {
    const script = `process.setgid(65534); process.setuid(65534); await import(${JSON.stringify(BIN)});`;
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      script,
      'x',
      'run',
      OBJECT,
    ]);
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toContain('tracing needs CAP_BPF and CAP_PERFMON');
    expect(code).toBe(3);
  });
});

test('root of another user namespace is told that it is', (context) => {
  requireKernel(context, lacksRoot() ?? lacksBtf());
  const argv = ['--user', '--map-root-user', process.execPath, BIN, 'run', OBJECT];
  const { status, stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  expect(stderr).toMatch(/capabilities of the initial user namespace[^\n]*\n {2}Run it as root/);
});
