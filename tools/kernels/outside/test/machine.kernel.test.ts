// A machine that panics, dies or hangs is a failure with its last words, and the test it happened in.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { lacksRoot, requireKernel } from '../../../testing/kernel.js';
import { cache, repository } from '../../base.mjs';
import { quote } from '../../job.mjs';
import { parseTestArguments } from '../../options.mjs';
import { MARK } from '../../reporter.mjs';
import { testKernel } from '../../test-kernel.mjs';

const WHEN_BUSY = { timeout: 60_000 };
const FILE = 'packages/tool/test/tool.kernel.test.ts';
const says = (event: object) => `printf '%s\\n' ${quote(`${MARK}${JSON.stringify(event)}`)}`;

/** Says what the reporter says up to the middle of the second test; once that has come, `end`. */
const run = (end: string, seconds = 60) => {
  const names = ['first [kprobe]', 'second [kprobe]', 'third [fexit]'];
  const script = [
    `trap ${quote(end)} USR1`,
    ...names.map((name) => says({ is: 'known', file: FILE, name })),
    says({ is: 'running', file: FILE, name: names[1] }),
    says({ is: 'done', file: FILE, name: names[0], state: 'passed', ms: 1 }),
    'while :; do sleep 0.1; done',
  ].join('\n');
  let send: (signal: string) => void;
  const options = {
    ...{ ...parseTestArguments([]), kernel: '6.12', command: ['sh', '-c', script] },
    ...{ seconds, graceMs: 3000, say: () => send('USR1') },
    onStart: (sender: typeof send) => {
      send = sender;
    },
  };
  return testKernel(options as never);
};

const rows = (cells: readonly { hook: string; result: string; why: string }[]) =>
  cells.map(({ hook, result, why }) => [hook, result, why]);

beforeEach((context) => {
  const nested = process.env.IMAGESNOOP_GUEST && 'virtual machines are not nested';
  requireKernel(context, lacksRoot() ?? (nested || null));
});

describe('a machine that', () => {
  test.each([
    [
      'panics',
      'echo c >/proc/sysrq-trigger',
      /died \(died\) in "second.*sysrq/i,
      /Kernel panic - not syncing/,
    ],
    ['is switched off', '/job/busybox poweroff -f', /died \(died\) in "second/, /./],
    ['hangs', 'kill -STOP $(/job/busybox pidof cat); exit', /hung \(died\) in "second/, /./],
  ])('%s', async (_, end, problem, words) => {
    const { cells, problems } = await run(end, 5);
    expect(problems[0]).toMatch(problem);
    expect(problems[1]).toMatch(/^last words\n/);
    expect(problems[1]).toMatch(words);
    const why = expect.stringMatching(/^not run: the machine/);
    expect(rows(cells)).toEqual([
      ['kprobe', 'failed', why],
      ['fexit', 'failed', why],
    ]);
  });
});

test('what goes on for too long is ended, and said to be', async () => {
  const { cells, problems } = await run(':', 2);
  expect(problems).toEqual([
    expect.stringMatching(/^vitest ended with 137 \(the limit, --seconds\)/),
  ]);
  expect(cells.map(({ result }: { result: string }) => result)).toEqual(['failed', 'failed']);
});

/** Processes whose parent is this one. */
function childrenOf(parent: number): string[] {
  const isChild = (pid: string) =>
    new RegExp(`^\\d+ \\(.*\\) \\S ${parent} `).test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && isChild(name);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

test('Ctrl-C ends it at once and leaves nothing behind', async () => {
  const argv = ['tools/kernels/test.mjs', '--no-setup', '--hooks', '6.12', 'kernels'];
  const child = spawn(process.execPath, argv, {
    cwd: repository,
    stdio: 'ignore',
  });
  const copies = () =>
    readdirSync(cache).filter((name) => name.startsWith(`snapshot-${child.pid}-`));
  const machines = await vi.waitUntil(() => {
    const children = childrenOf(child.pid as number);
    return children.length === 2 && children; // the emulator, and what shares the root with it
  }, WHEN_BUSY);
  expect(copies()).toHaveLength(1);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
  expect(copies()).toEqual([]);
  expect(machines.filter((pid) => existsSync(join('/proc', pid)))).toEqual([]);
});
