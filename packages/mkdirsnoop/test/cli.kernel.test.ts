// mkdirsnoop as its users run it: flags, forms, and what goes wrong.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { rowsOf, runTool, startTool, type ToolResult } from '../../../tools/testing/tool.js';

const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const NO_BTF = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs none /sys/kernel/btf; exec "$@"',
  '-',
];

let work: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'mkdirsnoop-'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));
beforeEach((context) => requireKernel(context, lacksRoot() ?? lacksBtf()));

/** What the tool shows of this process making directories (and failing to). */
async function traced(args: readonly string[], names: readonly string[]): Promise<ToolResult> {
  const tool = await startTool('mkdirsnoop', ['-p', String(process.pid), ...args], { cwd: work });
  for (const name of names) {
    try {
      mkdirSync(name);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
  }
  return tool.stop();
}

describe('forms', () => {
  test('a table that fits 80 columns, and a log that programs of the original read', async () => {
    const made = join(work, 'one');
    const { code, stdout, stderr } = await traced([], [made, made]);
    rmdirSync(made);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/2 events, 0 lost/);
    const [head, first, second] = stdout.split('\n');
    expect(head?.trim().split(/ +/)).toEqual(['PID', 'COMM', 'MODE', 'ERROR', 'PATH']);
    expect(first).toMatch(new RegExp(`^ *${process.pid} +\\S.* 0777 +${made}$`));
    expect(second).toMatch(new RegExp(`EEXIST +${made}$`));
    expect(head?.length).toBeLessThanOrEqual(80);

    const log = join(work, 'log.json');
    expect(statSync(log).mode & 0o777).toBe(0o600);
    for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
      const { ts_us, pid, tid, uid, comm, argv } = JSON.parse(line);
      expect([typeof ts_us, pid, typeof tid, uid, typeof comm, argv]).toEqual([
        'number',
        process.pid,
        'number',
        0,
        'string',
        made,
      ]);
    }
  });

  test('JSON obeys the schema of the package', async () => {
    const { stdout } = await traced(['-o', 'json', '--no-file'], [join(work, 'schema'), work]);
    const schema = JSON.parse(
      readFileSync(new URL('../mkdirsnoop.schema.json', import.meta.url), 'utf8'),
    );
    const valid = new Ajv2020({ validateFormats: false }).compile(schema);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(['mkdir', 'mkdir', 'summary']);
    for (const line of lines) expect(valid(line), JSON.stringify(valid.errors)).toBe(true);
  });

  test('chosen fields, times and the user id', async () => {
    const fields = ['--fields', 'pid,error', '-o', 'csv', '--no-file'];
    const csv = await traced(fields, [work]);
    expect(csv.stdout).toBe(`pid,error\r\n${process.pid},EEXIST\r\n`);
    const table = await traced(['-T', '-U', '--no-file'], [work]);
    expect(table.stdout).toMatch(/TIME +PID +UID +COMM/);
    expect(table.stdout).toMatch(/\d\d:\d\d:\d\d\.\d{3}/);
  });
});

describe('filters', () => {
  test('failed calls only, decided in the kernel', async () => {
    const made = join(work, 'failed-only');
    const { stdout } = await traced(['--failed-only', '-o', 'json', '--no-file'], [made, made]);
    expect(rowsOf(stdout).map(({ error }) => error)).toEqual(['EEXIST']);
  });

  test('paths that match a glob', async () => {
    const names = ['glob-a', 'other', 'glob-b'].map((name) => join(work, name));
    const args = ['--path', `${work}/glob-*`, '-o', 'json', '--no-file'];
    const { stdout } = await traced(args, names);
    expect(rowsOf(stdout).map(({ path }) => path)).toEqual([names[0], names[2]]);
  });

  test.each([
    ['another pid', ['-P', '1']],
    ['another user', ['-u', 'nobody']],
    ['another command', ['--comm', 'no-such-command']],
    ['all but this pid', ['--pid', `!${process.pid}`]],
  ])('%s', async (_name, filter) => {
    const tool = await startTool('mkdirsnoop', [...filter, '-o', 'json', '--no-file']);
    const { pid } = process;
    mkdirSync(work, { recursive: true });
    const { stdout } = await tool.stop();
    expect(rowsOf(stdout).filter((row) => row['pid'] === pid)).toEqual([]);
  });

  test('ends by itself after so many events', async () => {
    const args = ['-p', String(process.pid), '--max-events', '2', '-o', 'json', '--no-file'];
    const tool = await startTool('mkdirsnoop', args);
    for (let i = 0; i < 5; i++) mkdirSync(work, { recursive: true });
    const { code, stdout } = await tool.ended;
    expect([code, rowsOf(stdout).length]).toEqual([0, 2]);
  });
});

describe('what goes wrong is one line, a hint and the right exit code', () => {
  test.each<[string, string[], number, RegExp, RegExp]>([
    [
      'an unknown flag',
      ['--faild-only'],
      2,
      /unknown option --faild-only/,
      /did you mean --failed-only/,
    ],
    ['a bad value', ['--pid', 'x'], 2, /--pid takes numbers from 1 to/, /--help/],
    ['an unknown container', ['--container', 'nowhere'], 1, /nowhere/, /--wait/],
    [
      'a pinned map that is not there',
      ['--mntnsmap', '/sys/fs/bpf/no'],
      1,
      /--mntnsmap: .*\/no/,
      /[Pp]in/,
    ],
    ['an unknown hook', ['--hook', 'magic'], 2, /magic/, /fexit, kprobe, tracepoint/],
    ['a log that cannot be', ['-f', '/nowhere/log.json'], 1, /\/nowhere\/log.json: ENOENT/, /./],
  ])('%s', async (_name, args, exit, message, hint) => {
    const { code, stdout, stderr } = await runTool('mkdirsnoop', args, { cwd: work });
    expect([code, stdout]).toEqual([exit, '']);
    const [first = '', second = '', ...rest] = stderr.trimEnd().split('\n');
    expect(first).toMatch(/^mkdirsnoop: /);
    expect(first).toMatch(message);
    expect(second).toMatch(hint);
    expect(rest).toEqual([]);
  });

  test('no privilege', async () => {
    const { code, stderr } = await runTool('mkdirsnoop', ['--no-file'], { inside: NOBODY });
    expect(code).toBe(3);
    expect(stderr).toMatch(/^mkdirsnoop: .*CAP_BPF/);
  });

  test('no BTF; a file stands in for it', async () => {
    const { code, stderr } = await runTool('mkdirsnoop', ['--no-file'], { inside: NO_BTF });
    expect(code).toBe(3);
    expect(stderr).toMatch(/BTF/);
    expect(stderr).toMatch(/--btf/);
    const btf = join(work, 'vmlinux.btf');
    copyFileSync('/sys/kernel/btf/vmlinux', btf);
    const args = ['--btf', btf, '-p', String(process.pid), '-o', 'json', '--no-file'];
    const tool = await startTool('mkdirsnoop', args, { inside: NO_BTF });
    expect(existsSync(work)).toBe(true);
    mkdirSync(join(work, 'with-btf-file'));
    const { stdout } = await tool.stop();
    expect(rowsOf(stdout)).toHaveLength(1);
  });

  test('a kernel before 5.8', async () => {
    // Such a kernel is not to be had: this one tells another version, and hides its types.
    const inside = ['setarch', '--uname-2.6', ...NO_BTF];
    const { code, stderr } = await runTool('mkdirsnoop', ['--no-file'], { inside });
    expect(code).toBe(3);
    expect(stderr).toMatch(/has no BPF ring buffers\n {2}Linux 5\.8 or later is needed/);
  });

  test('a full disk', async () => {
    const tool = await startTool('mkdirsnoop', ['-p', String(process.pid), '-f', '/dev/full']);
    mkdirSync(join(work, 'full'));
    const { code, stderr } = await tool.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/\/dev\/full: ENOSPC/);
  });

  test('a reader that goes away is a normal end', async () => {
    const tool = await startTool('mkdirsnoop', ['-p', String(process.pid), '--no-file']);
    tool.child.stdout?.destroy();
    mkdirSync(join(work, 'pipe'));
    const { code, stderr } = await tool.ended;
    expect([code, stderr]).toEqual([0, expect.stringMatching(/: tracing.*\n$/)]);
  });
});

test('the help says what the original could do', () => {
  const bin = new URL('../dist/bin.js', import.meta.url).pathname;
  const help = execFileSync(process.execPath, [bin, '--help']).toString();
  for (const word of ['-p, -P, --pid', '-f, --file', 'mkdirsnoop -p 181', 'log.json']) {
    expect(help).toContain(word);
  }
  expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
