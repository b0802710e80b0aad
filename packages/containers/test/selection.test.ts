import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../src/container.js';
import type { Found } from '../src/finder.js';
import type { SelectionChange } from '../src/index.js';
import { type Entry, Inventory } from '../src/inventory.js';
import { parseStartTicks } from '../src/procfs.js';
import { Selection, type SelectOptions } from '../src/selection.js';
import { parseSelector, type Selector } from '../src/selector.js';

const alive = {
  pid: process.pid,
  startTicks: parseStartTicks(readFileSync('/proc/self/stat', 'latin1')) as number,
};

/** Containers that all run as this process, each with keys of its own. */
class Fleet {
  readonly inventory = new Inventory();
  readonly changes: SelectionChange[] = [];
  #next = 100;

  start(id: string, name: string, k8s: { namespace: string; pod: string } | null = null) {
    const pod = k8s === null ? null : { ...k8s, container: name };
    const entry = this.inventory.describe({
      id: id.padEnd(64, '0'),
      runtime: 'docker',
      name,
      k8s: pod,
    });
    const key = this.#next++;
    this.inventory.started(entry, { ...alive, mntns: key }, { id: key, path: `/${id}` });
    return { entry, keys: { mntns: [key], cgroups: [BigInt(key)] } };
  }

  select(
    selector: Selector,
    options: SelectOptions = {},
    notes: string[] = [],
    find: () => Found = () => null,
  ): Selection {
    return new Selection(this.inventory, parseSelector(selector), {
      onChange: (change) => this.changes.push(change),
      ...{ ...options, notes, closed: () => {}, find },
    });
  }
}

const NONE = { mntns: [], cgroups: [] };

describe('a selection', () => {
  test('of a container that events do not tell apart is refused', () => {
    const fleet = new Fleet();
    const { entry } = fleet.start('a1', 'web');
    fleet.inventory.started(entry, { ...alive, mntns: null }, null);
    const select = () => fleet.select({ containers: ['web'] });
    expect(select).toThrow(/^events of container a10000000000 \(web\) cannot be told from others/);
  });

  test('has the keys of all that match, and follows', () => {
    const fleet = new Fleet();
    const web = fleet.start('a1', 'web');
    fleet.start('b1', 'db');
    const selection = fleet.select({ containers: ['web'] });
    expect(selection.keys).toEqual(web.keys);
    expect(fleet.changes).toEqual([]);

    const second = fleet.start('a2', 'web');
    expect(fleet.changes).toEqual([
      { add: second.keys, remove: NONE, container: second.entry.info },
    ]);
    expect(selection.keys.mntns).toEqual([...web.keys.mntns, ...second.keys.mntns]);
    fleet.inventory.stopped(web.entry);
    expect(fleet.changes[1]).toMatchObject({ add: NONE, remove: web.keys });
    expect(selection.keys).toEqual(second.keys);

    selection.close();
    fleet.start('a3', 'web');
    expect(fleet.changes).toHaveLength(2);
  });

  test('takes in and gives up a container whose name changes', () => {
    const fleet = new Fleet();
    const { entry, keys } = fleet.start('a1', 'web');
    fleet.select({ containers: ['db'] }, { wait: true });
    fleet.inventory.describe({ id: entry.info.id, runtime: 'docker', name: 'db' });
    fleet.inventory.describe({ id: entry.info.id, runtime: 'docker', name: 'other' });
    expect(fleet.changes.map(({ add, remove }) => ({ add, remove }))).toEqual([
      { add: keys, remove: NONE },
      { add: NONE, remove: keys },
    ]);
  });

  test('an id prefix means one container, for good', () => {
    const fleet = new Fleet();
    const first = fleet.start('abc1', 'web');
    const selection = fleet.select({ containers: ['abc'] });
    fleet.start('abc2', 'db');
    expect(selection.keys).toEqual(first.keys);
    expect(() => fleet.select({ containers: ['abc'] })).toThrow(
      expect.objectContaining({
        code: 'CONTAINER_AMBIGUOUS',
        message: "container 'abc' fits 2 containers",
        hint: expect.stringMatching(/abc100000000 \(web\), abc200000000 \(db\)/),
      }),
    );
    expect(fleet.select({ containers: ['abc1'] }).keys).toEqual(first.keys);
  });

  test('a name goes before a prefix', () => {
    const fleet = new Fleet();
    const named = fleet.start('11', 'ab');
    fleet.start('ab', 'web');
    expect(fleet.select({ containers: ['ab'] }).keys).toEqual(named.keys);
  });

  test('pods and namespaces', () => {
    const fleet = new Fleet();
    const shop = fleet.start('a1', 'nginx', { namespace: 'shop', pod: 'web-1' });
    fleet.start('a2', 'nginx', { namespace: 'test', pod: 'web-1' });
    fleet.start('a3', 'nginx');
    expect(fleet.select({ pods: ['web-1'], namespaces: ['shop'] }).keys).toEqual(shop.keys);
    expect(fleet.select({ namespaces: ['!test'] }).containers).toHaveLength(1);
    expect(() => fleet.select({ pods: ['web-2'] })).toThrow(
      expect.objectContaining({
        message: "no running container matches pod 'web-2'",
        hint: expect.stringContaining('Near: web-1.'),
      }),
    );
  });

  test('an excluded name must exist too', () => {
    expect(() => new Fleet().select({ containers: ['!web'] })).toThrow(
      expect.objectContaining({ code: 'CONTAINER_NOT_FOUND' }),
    );
  });

  test('what could not be asked is said where a name is missing', () => {
    expect(() => new Fleet().select({ containers: ['web'] }, {}, ['docker: EACCES'])).toThrow(
      expect.objectContaining({
        hint: 'No running container is known. Note: docker: EACCES. Give --wait to wait for its start.',
      }),
    );
  });
});

describe('an owner is judged', () => {
  const owner = { mntns: 1, cgroupId: 2, pid: 3 };
  const whose = (selector: Selector, found: Found, fleet = new Fleet()) => {
    const selection = fleet.select(selector, { wait: true }, [], () => found);
    return [selection.judge(owner, false), selection.judge(owner, true)];
  };
  const described = (name: string | null, k8s: Pod | null = null): Entry =>
    new Inventory().describe({ id: 'a'.repeat(64), runtime: 'containerd', name, k8s });

  test.each([
    ['of the wanted container', { containers: ['web'] }, described('web'), [true, true]],
    ['of another one', { containers: ['web'] }, described('db'), [false, false]],
    ['of one without a name yet', { containers: ['web'] }, described(null), [undefined, false]],
    ['of one by its id', { containers: ['aaaa'] }, described(null), [true, true]],
    ['of nobody', { containers: ['web'] }, null, [false, false]],
    ['not known', { containers: ['web'] }, undefined, [undefined, false]],
    ['of one whose pod is not known', { pods: ['shop'] }, described('web'), [undefined, false]],
    ['of an excluded one', { containers: ['!web'] }, described('web'), [false, false]],
    ['of one that may be excluded', { containers: ['!web'] }, described(null), [undefined, true]],
    ['of nobody, others excluded', { containers: ['!web'] }, null, [true, true]],
  ] as const)('%s', (_who, selector, found, verdicts) => {
    expect(whose(selector, found)).toEqual(verdicts);
  });
});
