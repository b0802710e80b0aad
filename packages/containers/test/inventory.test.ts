import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Change, Inventory } from '../src/inventory.js';
import { parseStartTicks } from '../src/procfs.js';

const ID = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const alive = {
  pid: process.pid,
  startTicks: parseStartTicks(readFileSync('/proc/self/stat', 'latin1')) as number,
};
const parent = {
  pid: process.ppid,
  startTicks: parseStartTicks(readFileSync(`/proc/${process.ppid}/stat`, 'latin1')) as number,
};
/** A process that is not there: no pid is as large as this (PID_MAX_LIMIT). */
const dead = { pid: 2 ** 22 + 1, startTicks: 7 };

function recorded(inventory: Inventory): string[] {
  const log: string[] = [];
  inventory.onChange((change: Change, { info }) => log.push(`${change} ${info.name ?? info.id}`));
  return log;
}

describe('what sources say', () => {
  test('is joined by id, and the program that users talk to has the last word', () => {
    const inventory = new Inventory();
    const entry = inventory.describe({ id: ID, runtime: 'docker', name: 'web', image: 'nginx' });
    inventory.describe({ id: ID, runtime: 'containerd', namespace: 'moby', image: 'sha256:1' });
    inventory.describe({ id: ID, runtime: 'runc' });
    expect(inventory.size).toBe(1);
    expect(entry.info).toMatchObject({
      ...{ id: ID, name: 'web', image: 'nginx', runtime: 'docker', namespace: 'moby' },
    });
  });

  test('keeps chosen ids of different namespaces apart, whose name they are', () => {
    const inventory = new Inventory();
    const a = inventory.describe({ id: 'web', namespace: 'a', runtime: 'containerd' });
    const b = inventory.describe({ id: 'web', namespace: 'b', runtime: 'containerd' });
    expect(a).not.toBe(b);
    expect(a.info.name).toBe('web');
    expect(inventory.describe({ id: ID, runtime: 'docker' }).info.name).toBeNull();
  });

  test('is not news twice', () => {
    const inventory = new Inventory();
    const k8s = { namespace: 'shop', pod: 'web-1', container: 'nginx' };
    const { info } = inventory.describe({ id: ID, runtime: 'cri', k8s });
    const log = recorded(inventory);
    expect(inventory.describe({ id: ID, runtime: 'cri', k8s: { ...k8s } }).info).toBe(info);
    expect(log).toEqual([]);
  });
});

describe('keys', () => {
  test('two that claim one number: nobody has it, until one gives up', () => {
    const inventory = new Inventory();
    const a = inventory.describe({ id: ID, runtime: 'docker' });
    const b = inventory.describe({ id: OTHER, runtime: 'docker' });
    inventory.started(a, { ...alive, mntns: 10 }, { id: 100, path: '/a' });
    inventory.started(b, { ...parent, mntns: 10 }, { id: 100, path: '/a' });
    expect(inventory.byMntns(10)).toBeUndefined();
    expect(inventory.byCgroup(100)).toBeUndefined();
    inventory.stopped(b);
    expect(inventory.byMntns(10)).toBe(a);
  });

  test('one process under two keys is one container, the better known one', () => {
    for (const first of ['runc', 'containerd'] as const) {
      const inventory = new Inventory();
      const plain = inventory.describe({ id: 'web', runtime: 'runc' });
      const known = inventory.describe({ id: 'web', namespace: 'n', runtime: 'containerd' });
      const order = first === 'runc' ? [plain, known] : [known, plain];
      for (const entry of order) {
        inventory.started(entry, { ...alive, mntns: 10 }, { id: 100, path: '/n/web' });
      }
      expect(inventory.byMntns(10)).toBe(known);
      expect(inventory.byCgroup(100)).toBe(known);
    }
  });

  test('a mount namespace whose container died unreported goes to the next', () => {
    const inventory = new Inventory();
    const a = inventory.describe({ id: ID, runtime: 'docker', name: 'a' });
    const b = inventory.describe({ id: OTHER, runtime: 'docker', name: 'b' });
    inventory.started(a, { ...dead, mntns: 10 }, null);
    const log = recorded(inventory);
    inventory.started(b, { ...alive, mntns: 10 }, null);
    expect(inventory.byMntns(10)).toBe(b);
    expect(log).toEqual(['stopped a', 'started b']);
  });

  test('children of a cgroup, by id and by path, with the nearest ancestor first', () => {
    const inventory = new Inventory();
    const outer = inventory.describe({ id: ID, runtime: 'docker' });
    const inner = inventory.describe({ id: OTHER, runtime: 'docker' });
    inventory.started(outer, { ...alive, mntns: 10 }, { id: 100, path: '/docker/x' });
    inventory.started(inner, { ...alive, mntns: 11 }, { id: 101, path: '/docker/x/docker/y' });
    expect(inventory.byCgroupPath('/docker/x/docker/y/z')).toBe(inner);
    expect(inventory.byCgroupPath('/docker/x/z')).toBe(outer);
    expect(inventory.byCgroupPath('/docker/xz')).toBeUndefined();
    for (let id = 1000; id < 2000; id++) inventory.adopt(outer, id);
    expect(inventory.byCgroup(1999)).toBe(outer);
    expect(inventory.byCgroup(1000)).toBeUndefined(); // bounded
    expect(inventory.byCgroup(100)).toBe(outer); // but never at the cost of its own
  });
});

describe('life and death', () => {
  test('news of an end that come late do not hit the next run', () => {
    const inventory = new Inventory();
    const entry = inventory.describe({ id: ID, runtime: 'docker' });
    inventory.started(entry, { ...alive, mntns: 10 }, null);
    inventory.ended(entry); // of the run before: this process lives
    expect(inventory.byMntns(10)).toBe(entry);
  });

  test('news of a start that come late do not raise the dead', () => {
    const inventory = new Inventory();
    const entry = inventory.describe({ id: ID, runtime: 'docker' });
    inventory.started(entry, { ...dead, mntns: 10 }, null);
    inventory.ended(entry);
    inventory.started(entry, { ...dead, mntns: 10 }, null);
    expect(entry.process).toBeNull();
  });

  test('the sweep finds the dead, and later forgets their cgroups', () => {
    const inventory = new Inventory();
    const entry = inventory.describe({ id: ID, runtime: 'docker', name: 'web' });
    inventory.started(entry, { ...dead, mntns: 10 }, { id: 100, path: '/a' });
    const log = recorded(inventory);
    inventory.sweep();
    expect(log).toEqual(['stopped web']);
    expect(inventory.byMntns(10)).toBeUndefined();
    expect(inventory.byCgroup(100)).toBe(entry);
    inventory.sweep(Date.now() + 60_000);
    expect(inventory.byCgroup(100)).toBeUndefined();
    expect(inventory.get(ID)).toBe(entry); // it exists, only does not run
    inventory.removed(ID);
    expect(inventory.get(ID)).toBeUndefined();
  });

  test('a removed container is known for the grace period and no longer', () => {
    const inventory = new Inventory();
    const entry = inventory.describe({ id: ID, runtime: 'docker' });
    inventory.started(entry, { ...dead, mntns: 10 }, { id: 100, path: '/a' });
    inventory.removed(ID);
    expect(inventory.byCgroup(100)).toBe(entry);
    inventory.sweep(Date.now() + 60_000);
    expect(inventory.size).toBe(0);
  });

  test('memory is bounded, and what runs is kept', () => {
    const inventory = new Inventory();
    const kept = inventory.describe({ id: ID, runtime: 'docker' });
    inventory.started(kept, { ...alive, mntns: 10 }, null);
    for (let i = 0; i < 20_000; i++) inventory.describe({ id: `c${i}`, runtime: 'runc' });
    expect(inventory.size).toBe(10_000);
    expect(inventory.byMntns(10)).toBe(kept);
    expect(inventory.get('/c19999')).toBeDefined();
  });
});
