// Each flag by what it lets through, with commands whose execs are known.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { RunningTool, rowsOf, runTool, startTool } from '../../../tools/testing/tool.js';
import { execs } from '../src/index.js';

beforeEach((context) => requireKernel(context, lacksRoot()));

const shell = (script: string) => promisify(execFile)('/bin/sh', ['-c', script]);
const OWN = ['--tree', `${process.pid}`];

/** What the tool shows of a shell's doings. */
async function traced(args: readonly string[], script: string): Promise<Record<string, unknown>[]> {
  const tool = await startTool('execsnoop', [...OWN, ...args, '-o', 'json']);
  await shell(script);
  return rowsOf((await tool.stop()).stdout);
}

const lines = (rows: readonly Record<string, unknown>[]): string[] =>
  rows.map(({ argv }) => (argv as string[]).join(' '));

describe('filters', () => {
  test('-n and -l take regular expressions, and exits go with their execs', async () => {
    const script = '/bin/true one; /bin/false two; /bin/true three; :';
    const byName = await traced(['-n', '^tr', '--exit'], script);
    expect(byName.map(({ type, comm }) => [type, comm])).toEqual([
      ['exec', 'true'],
      ['exit', 'true'],
      ['exec', 'true'],
      ['exit', 'true'],
    ]);
    expect(lines(await traced(['-l', ' t[wh]', '--comm', '!sh'], script))).toEqual([
      '/bin/false two',
      '/bin/true three',
    ]);
  });

  test('-P takes children of a process, and not their children', async () => {
    const parent = spawn('/bin/sh', [
      '-c',
      'read _; /bin/true child; sh -c "/bin/true grandchild; :"',
    ]);
    const args = ['-P', `${parent.pid}`, '-o', 'json'];
    const tool = await startTool('execsnoop', args);
    parent.stdin.end('\n');
    await once(parent, 'close');
    const rows = rowsOf((await tool.stop()).stdout);
    expect(lines(rows)).toEqual(['/bin/true child', 'sh -c /bin/true grandchild; :']);
    expect(rows.every(({ ppid }) => ppid === parent.pid)).toBe(true);
  });

  test('--tree takes what descends from a process, also from before the start', async () => {
    const script = '(read _; /bin/true below; (sh -c "/bin/true deep; :"); :) & wait';
    const parent = spawn('/bin/sh', ['-c', `exec 3<&0; ${script.replace('read _', 'read _ <&3')}`]);
    const tool = await startTool('execsnoop', ['--tree', `${parent.pid}`, '-o', 'json']);
    await shell('/bin/true elsewhere; :');
    parent.stdin.end('\n');
    await once(parent, 'close');
    const rows = rowsOf((await tool.stop()).stdout);
    expect(lines(rows)).toEqual(['/bin/true below', 'sh -c /bin/true deep; :', '/bin/true deep']);
  });

  test('-u and --comm are decided in the kernel', async () => {
    const script = 'setpriv --reuid 65534 /bin/true nobody; /bin/true root';
    expect(lines(await traced(['-u', '65534'], script))).toEqual(['/bin/true nobody']);
    expect(lines(await traced(['--comm', 'true'], script))).toEqual([
      '/bin/true nobody',
      '/bin/true root',
    ]);
  });

  test('a process that is not there is an error, before anything is attached', async () => {
    const { code, stderr } = await runTool('execsnoop', ['--tree', '4194303']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no process 4194303')]);
  });
});

describe('arguments', () => {
  test('--max-args shows the first, and says that there are more', async () => {
    const [row] = await traced(['--max-args', '2', '--comm', 'true'], '/bin/true a b c; :');
    expect(row).toMatchObject({ argv: ['/bin/true', 'a'], argc: 4, argv_truncated: true });
  });

  test('secrets are redacted, unless asked for; -q quotes', async () => {
    const script = '/bin/true --password abc "x y"; :';
    const [safe] = await traced(['--comm', 'true'], script);
    expect(safe?.['argv']).toEqual(['/bin/true', '--password', '<redacted>', 'x y']);
    const tool = await startTool('execsnoop', [...OWN, '--comm', 'true', '--show-secrets', '-q']);
    await shell(script);
    expect((await tool.stop()).stdout).toContain('"/bin/true" "--password" "abc" "x y"\n');
  });
});

describe('-- COMMAND', () => {
  test('is traced from its first exec to its exit code, which becomes ours', async () => {
    const words = ['sh', '-c', '/bin/true in; exit 7'];
    const tool = new RunningTool('execsnoop', ['--exit', '-f', '-', '--', ...words]);
    await shell('/bin/true outside');
    const { code, stdout, stderr } = await tool.ended;
    expect(code, stderr).toBe(7);
    const rows = rowsOf(stdout);
    expect(rows.map(({ type, comm, exit_code }) => [type, comm, exit_code])).toEqual([
      ['exec', 'sh', null],
      ['exec', 'true', null],
      ['exit', 'true', 0],
      ['exit', 'sh', 7],
    ]);
    expect(rows[0]).toMatchObject({ argv: words, filename: expect.stringMatching(/\/sh$/) });
  });

  test('one that is killed, and one that is not there', async () => {
    expect((await runTool('execsnoop', ['--', 'sh', '-c', 'kill -9 $$'])).code).toBe(128 + 9);
    const { code, stderr } = await runTool('execsnoop', ['--', '/nowhere']);
    expect([code, stderr]).toEqual([127, expect.stringContaining('/nowhere')]);
  });

  test('does not run when the tool cannot', async () => {
    const words = ['sh', '-c', 'echo it ran'];
    const { code, stdout } = await runTool('execsnoop', ['--hook', 'none', '--', ...words]);
    expect([code, stdout]).toEqual([2, '']);
  });
});

test.each([
  ['uid', { uid: 65534, user: 'nobody', execs: 4 }],
  ['exe', { exe: expect.stringMatching(/\/true$/), uid: null, execs: 3 }],
  ['container', { container: null, exe: null, execs: 4 }],
])('--count --by %s', async (by, expected) => {
  const args = ['--count', '--by', by, '--interval', '100ms', ...OWN, '-o', 'json'];
  const tool = await startTool('execsnoop', args);
  const script = 'for i in 1 2 3; do /bin/true; done; :';
  await promisify(execFile)('/bin/sh', ['-c', script], { uid: 65534 });
  const rows = rowsOf((await tool.stop()).stdout);
  expect(rows).toContainEqual(expect.objectContaining({ type: 'count', ...expected }));
});

test('as a library', async () => {
  const end = new AbortController();
  const filters = {
    trees: [process.pid],
    comms: { mode: 'include', values: new Set(['true']) },
  } as const;
  const seen: unknown[] = [];
  const shells = setInterval(() => void shell('/bin/true library'), 50);
  for await (const event of execs({ filters, exit: true, signal: end.signal })) {
    if (event.type === 'exec') seen.push(event.argv);
    if (event.type === 'exit') end.abort();
  }
  clearInterval(shells);
  expect(seen).toContainEqual(['/bin/true', 'library']);
});
