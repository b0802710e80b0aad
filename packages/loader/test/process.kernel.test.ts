// What only shows from outside of the tracing process: its privileges, and what is left when it dies.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { kernelVersion } from '../src/machine.js';
import { caller, ended, waitingCaller } from './calls.js';
import { census, heldBy } from './census.js';
import { Tracing } from './tracing.js';

const CALLS = 211;

let running: Tracing[] = [];

function start(mode: string, env?: NodeJS.ProcessEnv, pid?: number): Tracing {
  const tracing = new Tracing(mode, env, pid);
  running.push(tracing);
  return tracing;
}

beforeEach((context) => requireKernel(context, lacksRoot() ?? lacksBtf()));

afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL');
  running = [];
});

test('SIGKILL leaves no program and no map in the kernel', async () => {
  const tracing = start('read');
  const { child } = tracing;
  await tracing.hear();
  const held = heldBy(child.pid as number);
  const kinds = new Set([...held].map((each) => each.split(' ')[0]));
  expect(kinds).toEqual(new Set(['prog', 'map', 'link']));
  const known = [...held].filter((each) => !each.startsWith('link'));
  expect([...census()]).toEqual(expect.arrayContaining(known));
  child.kill('SIGKILL');
  await once(child, 'exit');
  // The kernel frees them after a grace period that has no event to wait for.
  const deadline = performance.now() + 10_000;
  const left = (): string[] => {
    const all = census();
    return known.filter((each) => all.has(each));
  };
  while (left().length > 0 && performance.now() < deadline) await pause(50);
  expect(left()).toEqual([]);
});

function isBefore(major: number, minor: number): boolean {
  const kernel = kernelVersion();
  if (kernel === undefined) return false;
  return kernel.major < major || (kernel.major === major && kernel.minor < minor);
}

describe('privileges', () => {
  const nobody = { uid: '65534', gid: '65534' };

  test.for([
    { who: 'nobody', env: {}, ...nobody },
    {
      who: 'the user who called sudo',
      env: { SUDO_UID: '1234', SUDO_GID: '567' },
      uid: '1234',
      gid: '567',
    },
    { who: 'nobody, when root called sudo', env: { SUDO_UID: '0', SUDO_GID: '0' }, ...nobody },
  ])('are given up on every thread: $who', async ({ env, uid, gid }) => {
    // Losses are of all that pass the filter, and others may make the same call meanwhile.
    const work = waitingCaller(CALLS);
    const tracing = start('drop', env, work.pid);
    const { tasks, notes } = (await tracing.hear()) as {
      tasks: Record<string, string>[];
      notes: string[];
    };
    expect(tasks.length).toBeGreaterThan(4);
    const stays = notes.some((note) => note.startsWith('privileges: still root'));
    for (const task of tasks) {
      if (stays) expect(task.seccomp).toBe('2');
      else
        expect(task).toEqual({
          uid: Array(4).fill(uid).join('\t'),
          gid: Array(4).fill(gid).join('\t'),
          groups: '',
          capEff: '0000000000000000',
          capPrm: '0000000000000000',
          seccomp: '2',
        });
    }
    // Reading an open map needs CAP_BPF before 5.19 (c8644cd0efe7).
    expect(stays).toBe(isBefore(5, 19));
    if (!stays) expect(notes).toEqual([`privileges: given up, running as uid ${uid}, gid ${gid}`]);

    work.stdin?.end('go\n');
    await ended(work);
    tracing.tell({ stop: true });
    expect(await tracing.hear()).toMatchObject({
      byPid: { [work.pid as number]: CALLS },
      lost: [
        { cause: 'map_full', total: CALLS },
        { cause: 'truncated', total: CALLS },
      ],
    });
    const [status] = (await once(tracing.child, 'exit')) as [number];
    expect(status).toBe(0);
  });
});

test('without privileges the set of containers still follows', async () => {
  const tracing = start('containers');
  await tracing.hear();
  const [before, inside, after] = [caller(CALLS), insideNamespace(), insideNamespace()];
  await ended(before);
  const mntns = await namespaceOf(inside.pid as number);
  tracing.tell({ mntns: [mntns] });
  expect(await tracing.hear()).toEqual({ following: [mntns] });
  inside.stdin?.end('go\n');
  await ended(inside);
  tracing.tell({ mntns: [await namespaceOf(after.pid as number)] });
  await tracing.hear();
  after.stdin?.end('go\n');
  await ended(after);
  tracing.tell({ stop: true });
  expect(await tracing.hear()).toEqual({
    byPid: { [inside.pid as number]: CALLS, [after.pid as number]: CALLS },
    lost: [],
  });
});

/** A caller in a mount namespace of its own that begins when it is told to. */
function insideNamespace() {
  const code = `process.stdin.once('data', () => { for (let i = 0; i < ${CALLS}; i++) os.getPriority(); })`;
  return spawn('unshare', ['--mount', process.execPath, '-e', code], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
}

/** Inode of a process's mount namespace, once it has one of its own. */
async function namespaceOf(pid: number): Promise<number> {
  const ours = readlinkSync('/proc/self/ns/mnt');
  for (;;) {
    const theirs = readlinkSync(`/proc/${pid}/ns/mnt`);
    if (theirs !== ours) return Number(/\d+/.exec(theirs)?.[0]);
    await pause(5);
  }
}
