// Where the programs are, beside those of others, and what is left of them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, lacksVersion, requireKernel } from '../../../tools/testing/kernel.js';
import { lacksHook, rowsOf, runTool, startTool } from '../../../tools/testing/tool.js';
import { attacherOf, linksOf, VethPair } from './veth.js';

const PORT = '8080';
const V4 = '10.77.0.2';

let pair: VethPair;
beforeEach(async (context) => {
  requireKernel(context, lacksRoot() ?? lacksBtf());
  pair = new VethPair();
  await pair.start(pair.server, 'server', PORT);
});
afterEach(() => pair?.remove());

const tc = (...args: string[]) => pair.inside(pair.client, 'tc', ...args);
const state = () =>
  ['qdisc', 'filter show dev cable ingress', 'filter show dev cable egress']
    .map((words) => tc('-s', ...words.split(' ')).replace(/Sent .*|backlog .*/g, ''))
    .join('\n');
const connect = () => pair.run(pair.client, 'client', PORT, '3', '7', V4);
/** Before Linux 6.2 the name of an interface that is up does not change. */
const rename = (from: string, to: string) => {
  pair.inside(pair.client, 'ip', 'link', 'set', from, 'down');
  pair.inside(pair.client, 'ip', 'link', 'set', from, 'name', to);
};
const until = async (what: () => boolean) => {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe.each(['tcx', 'clsact'])('[%s]', (hook) => {
  beforeEach(async (context) => {
    requireKernel(context, await lacksHook('tc-tracker', hook));
  });
  const start = (...more: string[]) =>
    startTool('tc-tracker', ['--hook', hook, '--netns', pair.client, '-o', 'json', ...more]);
  /** Both programs, by the process that is still root. */
  const isAttachedAgain = (pid: number, name: string) => () =>
    hook === 'tcx'
      ? linksOf(attacherOf(pid)) === 2
      : tc('filter', 'show', 'dev', name, 'egress') !== '';

  test('what others have there goes on working, and stays', async () => {
    tc('qdisc', 'add', 'dev', 'cable', 'clsact');
    for (const direction of ['ingress', 'egress']) {
      // The first priority is taken, for another protocol than ours; a later one ends the chain.
      const add = ['filter', 'add', 'dev', 'cable', direction];
      const bytecode = (verdict: string) => ['bpf', 'bytecode', `1,6 0 0 ${verdict},`];
      tc(...add, 'prio', '1', 'protocol', 'ip', ...bytecode('0'));
      tc(...add, 'prio', '5', ...bytecode('4294967295'), 'flowid', '1:1');
    }
    const before = state();
    const tool = await start();
    await connect();
    const { stdout } = await tool.stop();
    expect(rowsOf(stdout).filter(({ when }) => when === 'end')).toHaveLength(3);
    expect(state()).toBe(before);
  });

  test('nothing is left when it ends, nor when it is killed', async () => {
    const before = state();
    const tool = await start();
    await tool.stop();
    expect(state()).toBe(before);
    const killed = await start();
    const helper = attacherOf(killed.child.pid as number);
    killed.child.kill('SIGKILL');
    await until(() => !existsSync(`/proc/${helper}`));
    expect(state()).toBe(before);
  });

  test('what stays when all of it is killed is removed at the next start', async () => {
    const before = state();
    const tool = await start();
    const helper = attacherOf(tool.child.pid as number);
    process.kill(helper, 'SIGKILL');
    tool.child.kill('SIGKILL');
    await tool.ended;
    await until(() => !existsSync(`/proc/${helper}`));
    if (hook === 'clsact') expect(state()).toContain('tc_tracker_in_c');
    const next = await start();
    await connect();
    const { stdout } = await next.stop();
    // One that was counted twice would have all its bytes twice.
    for (const row of rowsOf(stdout).filter(({ when }) => when === 'end'))
      expect(row).toMatchObject({ tx_payload_bytes: 7 });
    expect(state()).toBe(before);
  });

  test('two at once do not take each other for left-overs', async () => {
    const tools = [await start(), await start()];
    await connect();
    for (const tool of tools) {
      const rows = rowsOf((await tool.stop()).stdout).filter(({ when }) => when === 'end');
      expect(rows.map(({ tx_payload_bytes }) => tx_payload_bytes)).toEqual([7, 7, 7]);
    }
    expect(state()).not.toContain('tc_tracker');
  });

  test('one that is named is found again when it is made anew', async () => {
    const tool = await start('-i', 'cable');
    rename('cable', 'former');
    const add = ['link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'other'];
    pair.inside(pair.client, 'ip', ...add);
    await until(isAttachedAgain(tool.child.pid as number, 'cable'));
    await tool.stop();
    expect(state()).not.toContain('tc_tracker');
  });

  test('interfaces that appear are attached to by a process that is still root', async () => {
    const tool = await start('-i', 'late*', '-v');
    const pid = tool.child.pid as number;
    // Before 5.19 nobody else could count losses: it stays root then, which loader's tests look into.
    const user = lacksVersion(5, 19) === null ? 65534 : 0;
    const owner = execFileSync('stat', ['-c', '%u', `/proc/${pid}`], { encoding: 'utf8' });
    expect(Number(owner)).toBe(user);
    rename('cable', 'late0');
    pair.inside(pair.client, 'ip', 'link', 'set', 'late0', 'up');
    await until(isAttachedAgain(pid, 'late0'));
    await connect();
    const rows = rowsOf((await tool.stop()).stdout).filter(({ when }) => when === 'end');
    expect(rows.map((row) => row.interface)).toEqual(['late0', 'late0', 'late0']);
  });
});

test('loopback does not change, and needs no process for it', async (context) => {
  requireKernel(context, await lacksHook('tc-tracker', 'tcx'));
  const tool = await startTool('tc-tracker', ['-i', 'lo', '-o', 'json']);
  expect(attacherOf(tool.child.pid as number)).toBe(0);
  expect((await tool.stop()).code).toBe(0);
});

test('names that are not there are errors before anything is attached', async () => {
  const missing = await runTool('tc-tracker', ['--netns', pair.client, '-i', 'nope,cable']);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/no network interface is called nope\n {2}There are: lo, cable/);
  const nowhere = await runTool('tc-tracker', ['--netns', 'nope']);
  expect(nowhere.code).toBe(2);
  expect(nowhere.stderr).toContain('no network namespace at /run/netns/nope');
});

test('the process that attaches may not be killed unnoticed', async () => {
  const tool = await startTool('tc-tracker', ['--netns', pair.client, '-o', 'json']);
  process.kill(attacherOf(tool.child.pid as number), 'SIGKILL');
  const { code, stderr } = await tool.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('the process that attaches to interfaces ended');
});
