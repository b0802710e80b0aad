import {
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { type Filters, openTracer, type Tracer } from '../src/index.js';
import { cgroup2Mount } from '../src/machine.js';
import { caller, ended, planOf, seenDuring, WORKING, waitingCaller } from './calls.js';

const CALLS = 53;

let tracer: Tracer | undefined;

async function trace(filters: Filters): Promise<Tracer> {
  tracer = await openTracer(planOf(...WORKING), { filters });
  return tracer;
}

beforeEach((context) => requireKernel(context, lacksRoot() ?? lacksBtf()));

afterEach(() => {
  tracer?.close();
  tracer = undefined;
});

/** Two callers that differ in uid; which of them were seen. */
async function seenOf(filters: Filters): Promise<string[]> {
  const traced = await trace(filters);
  const names = new Map<number, string>();
  const seen = await seenDuring(traced, async () => {
    const root = caller(CALLS);
    const other = caller(CALLS, { uid: 12345 });
    names.set(root.pid as number, 'root');
    names.set(other.pid as number, 'other');
    await Promise.all([ended(root), ended(other)]);
  });
  expect(seen.lost.size).toBe(0);
  for (const count of seen.byPid.values()) expect(count).toBe(CALLS);
  return [...seen.byPid.keys()].map((pid) => names.get(pid) ?? `pid ${pid}`).sort();
}

describe('by uid', () => {
  test('include and exclude', async () => {
    const values = new Set([12345]);
    expect(await seenOf({ uids: { mode: 'include', values } })).toEqual(['other']);
    tracer?.close();
    expect(await seenOf({ uids: { mode: 'exclude', values } })).toEqual(['root']);
    tracer?.close();
    expect(await seenOf({})).toEqual(['other', 'root']);
  });

  test('an empty set includes nothing and excludes nothing', async () => {
    expect(await seenOf({ uids: { mode: 'include', values: new Set() } })).toEqual([]);
    tracer?.close();
    expect(await seenOf({ uids: { mode: 'exclude', values: new Set() } })).toHaveLength(2);
  });
});

test('by pid, among many', async () => {
  const [wanted, other] = [waitingCaller(CALLS), waitingCaller(CALLS)];
  const values = new Set(Array.from({ length: 5000 }, (_, index) => 1_000_000 + index));
  values.add(wanted.pid as number);
  const traced = await trace({ pids: { mode: 'include', values } });
  const seen = await seenDuring(traced, async () => {
    for (const { stdin } of [wanted, other]) stdin?.end('go');
    await Promise.all([ended(wanted), ended(other)]);
  });
  expect([...seen.byPid]).toEqual([[wanted.pid, CALLS]]);
});

test('by name, of which the kernel keeps 15 bytes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nice-'));
  try {
    const name = 'a-very-long-name-of-a-program';
    symlinkSync(process.execPath, join(folder, name));
    const traced = await trace({ comms: { mode: 'include', values: new Set([name]) } });
    const seen = await seenDuring(traced, async () => {
      await Promise.all([
        ended(caller(CALLS)),
        ended(caller(CALLS, { argv0: join(folder, name) })),
      ]);
    });
    expect(new Set(seen.rows.map(({ comm }) => comm))).toEqual(new Set(['a-very-long-nam']));
    expect([...seen.byPid.values()]).toEqual([CALLS]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('by container: none at first, then what the set says at the moment', async () => {
  const ours = BigInt(/\d+/.exec(readlinkSync('/proc/self/ns/mnt'))?.[0] as string);
  const traced = await trace({ containers: 'include' });
  const pids: number[] = [];
  const call = async (): Promise<void> => {
    const child = caller(CALLS);
    pids.push(child.pid as number);
    await ended(child);
  };
  const seen = await seenDuring(traced, async () => {
    await call();
    traced.setContainers({ mntns: [ours], cgroups: [] });
    await call();
    traced.setContainers({ mntns: [1n], cgroups: [2n, 2n ** 64n - 1n] });
    await call();
    traced.setContainers({ mntns: [Number(ours), 1n], cgroups: [] });
    await call();
  });
  expect([...seen.byPid.keys()]).toEqual([pids[1], pids[3]]);
});

test('by cgroup, of which the descendants count too', async (context) => {
  const root = cgroup2Mount();
  requireKernel(context, root === undefined ? 'needs a cgroup v2 hierarchy' : null);
  const outer = mkdtempSync(join(root as string, 'nice-'));
  const inner = join(outer, 'inner');
  mkdirSync(inner);
  try {
    const traced = await trace({ containers: 'include' });
    const pids: number[] = [];
    const callIn = async (cgroup: string): Promise<void> => {
      const child = waitingCaller(CALLS);
      pids.push(child.pid as number);
      writeFileSync(join(cgroup, 'cgroup.procs'), String(child.pid));
      child.stdin?.end('go');
      await ended(child);
    };
    const idOf = (path: string): bigint => statSync(path, { bigint: true }).ino;
    const seen = await seenDuring(traced, async () => {
      traced.setContainers({ mntns: [], cgroups: [idOf(outer)] });
      await callIn(inner);
      await callIn(root as string);
      traced.setContainers({ mntns: [], cgroups: [idOf(inner)] });
      await callIn(outer);
      await callIn(inner);
    });
    expect([...seen.byPid]).toEqual([
      [pids[0], CALLS],
      [pids[3], CALLS],
    ]);
  } finally {
    rmdirSync(inner);
    rmdirSync(outer);
  }
});

describe('mistakes', () => {
  test('a filter that the program does not know', async () => {
    const ports = { mode: 'include', values: new Set([80]) } as const;
    await expect(trace({ ports })).rejects.toMatchObject({ code: 'FILTER_UNKNOWN', exitCode: 2 });
  });

  test('a number out of range', async () => {
    const pids = { mode: 'include', values: new Set([2 ** 32]) } as const;
    await expect(trace({ pids })).rejects.toMatchObject({ code: 'FILTER_RANGE' });
  });

  test('a pinned map that is not there', async () => {
    await expect(trace({ mntnsMap: '/sys/fs/bpf/no-such-map' })).rejects.toMatchObject({
      code: 'FILTER_MAP_MISSING',
      message: '--mntnsmap: no pinned map at /sys/fs/bpf/no-such-map',
    });
  });
});
