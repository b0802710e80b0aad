// Containers that start after the tool, which has given up root, seen from their first process on.
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { type RunningTool, rowsOf, startTool } from '../../../tools/testing/tool.js';
import {
  ended,
  missing,
  runcContainer,
  startContainerd,
  startDockerd,
  type TestContainerd,
  type TestDockerd,
} from '../../containers/test/runtimes.js';

const lack = lacksRoot() ?? lacksBtf() ?? missing('containerd', 'ctr', 'dockerd', 'runc');
/** In a moment they are over; what they exec'ed is known. */
const COMMAND = ['/bin/sh', '-c', '/bin/mkdir /first; exec /bin/ls /'];
const EXPECTED = [COMMAND.join(' '), '/bin/mkdir /first', '/bin/ls /'];

beforeEach((context) => requireKernel(context, lack));

async function traced(name: string, env: NodeJS.ProcessEnv, more: readonly string[] = []) {
  return startTool('execsnoop', ['--container', name, '--wait', '-o', 'json', ...more], { env });
}

async function linesOf(tool: RunningTool): Promise<string[]> {
  const { code, stdout, stderr } = await tool.stop();
  expect(code, stderr).toBe(0);
  return linesIn(stdout);
}

/** The runtime's own program may exec itself once more when it is in the container's cgroup already. */
function linesIn(stdout: string): string[] {
  const lines = rowsOf(stdout).map(({ argv }) => (argv as string[]).join(' '));
  return lines.filter((line) => line !== 'runc init');
}

describe('by containerd', () => {
  let daemon: TestContainerd;
  beforeAll(async () => {
    if (lack === null) daemon = await startContainerd();
  });
  afterAll(() => daemon?.stop());

  test.each([1, 2, 3])('each exec of a short one, and no other, time %i', async (time) => {
    const name = `web${time}`;
    const tool = await traced(name, { CONTAINERD_ADDRESS: daemon.socket });
    await daemon.run(`other${time}`);
    await ended((await daemon.run(name, { command: COMMAND })).pid);
    const lines = await linesOf(tool);
    expect(lines).toEqual(EXPECTED);
    await daemon.remove(name);
    await daemon.remove(`other${time}`);
  });

  test('all but an excluded one', async () => {
    await daemon.run('kept');
    const args = ['--container', '!secret', '--wait', '-o', 'json', '-n', '^(mkdir|ls)$'];
    const env = { CONTAINERD_ADDRESS: daemon.socket };
    const tool = await startTool('execsnoop', args, { env });
    await daemon.run('secret', {
      command: ['/bin/sh', '-c', '/bin/mkdir /secret; exec /bin/ls /secret'],
    });
    await daemon.exec('kept', ['ls', '/bin']);
    const lines = await linesOf(tool);
    expect(lines).toContain('ls /bin');
    expect(lines.filter((line) => line.includes('secret'))).toEqual([]);
    await daemon.remove('secret');
    await daemon.remove('kept');
  });
});

describe('by dockerd', () => {
  let daemon: TestDockerd;
  beforeAll(async () => {
    if (lack === null) daemon = await startDockerd();
  });
  afterAll(() => daemon?.stop());

  test.each([1, 2, 3])('each exec of a short one, and no other, time %i', async (time) => {
    const name = `web${time}`;
    const tool = await traced(name, { DOCKER_HOST: `unix://${daemon.socket}` });
    await daemon.run(`other${time}`);
    await ended((await daemon.run(name, { command: COMMAND })).pid);
    expect(await linesOf(tool)).toEqual(EXPECTED);
    await daemon.remove(name);
    await daemon.remove(`other${time}`);
  });
});

describe.each([true, false])('by plain runc, in a cgroup that bears its id: %s', (usualCgroup) => {
  test.each([1, 2, 3])('each exec of a short one, and no other, time %i', async (time) => {
    const name = `execsnoop-${process.pid}-${time}`;
    const tool = await traced(name, {});
    const other = await runcContainer({ id: `${name}-other`, usualCgroup });
    onTestFinished(other.stop);
    const container = await runcContainer({ id: name, command: COMMAND, usualCgroup });
    onTestFinished(container.stop);
    await ended(container.pid);
    const { stdout, stderr } = await tool.stop();
    expect(linesIn(stdout), stderr).toEqual(EXPECTED);
    for (const { container } of rowsOf(stdout))
      expect(container).toMatchObject({ id: name, runtime: 'runc' });
  });
});
