// Containers of plain runc, by the command that creates them. A slow machine is played: it takes its
// time with the processes that runc makes before the container's first.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { CgroupTree } from '../src/cgroups.js';
import { Containers } from '../src/index.js';
import { unique } from './runtimes.js';
import { HOST_MNTNS } from './truth.js';

const { mount } = CgroupTree.system();
const folder = join(mount ?? '', `imagesnoop-${unique()}`);
const made: string[] = [];
const running: ChildProcess[] = [];

beforeEach((context) => {
  requireKernel(context, lacksRoot() ?? (mount === null ? 'needs cgroup v2' : null));
  mkdirSync(folder);
});
afterEach(async () => {
  const ended = running.map((child) => once(child, 'close'));
  for (const { stdin } of running) stdin?.end();
  await Promise.all(ended);
  for (const path of [...made, folder]) rmdirSync(path);
});

/** What a shell does that is called `runc ... create ID`, and the child it has. */
const CREATE = 'sh -c "$0"; true';
const STEPS = 'echo $$; while read name; do echo "$name" >/proc/$$/comm; echo done; done';

/** `runc create` that has put a process into a cgroup; `become` gives that one another name. */
async function creating(id: string, name: string) {
  const words = ['-c', CREATE, STEPS, 'create', id];
  const runc = spawn('/bin/sh', words, { argv0: 'runc', stdio: ['pipe', 'pipe', 'inherit'] });
  running.push(runc);
  const told = async () => String((await once(runc.stdout, 'data'))[0]).trim();
  const become = async (comm: string) => {
    runc.stdin.write(`${comm}\n`);
    await told();
  };
  const pid = Number(await told());
  await become(name);
  const path = join(folder, id);
  mkdirSync(path);
  made.push(path);
  writeFileSync(join(path, 'cgroup.procs'), `${pid}`);
  return { pid, become, cgroupId: BigInt(statSync(path).ino) };
}

test('a stage of runc is not taken for the first process of its container', async () => {
  const [slow, quick] = [`slow-${unique()}`, `quick-${unique()}`];
  const containers = await Containers.open({ sockets: [], stateDirs: [] });
  try {
    await containers.select({ containers: [slow, quick] }, { wait: true });
    const stage = await creating(slow, 'runc:[1:CHILD]');
    const first = await creating(quick, 'runc:[2:INIT]');
    const seen = ({ cgroupId }: { cgroupId: bigint }) => containers.lookup(HOST_MNTNS, cgroupId);
    await expect.poll(() => seen(first)?.pid).toBe(first.pid);
    // It began earlier, so its time has passed, too.
    expect(seen(stage)).toMatchObject({ id: slow, pid: null });
    await stage.become('runc:[2:INIT]');
    await expect.poll(() => seen(stage)?.pid).toBe(stage.pid);
  } finally {
    containers.close();
  }
});
