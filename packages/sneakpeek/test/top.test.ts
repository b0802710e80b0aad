import { EventEmitter } from 'node:events';
import type { ReadStream } from 'node:tty';
import type { ContainerInfo } from '@imagesnoop/containers';
import { describe, expect, test } from 'vitest';
import { Counts } from '../src/top/counts.js';
import { type Key, Keys, keysIn } from '../src/top/keys.js';
import { Selection } from '../src/top/selection.js';

describe('keys', () => {
  test('a sequence is one key, also among others', () => {
    expect(keysIn('k\x1b[A\x1bOBj\x1b\r')).toEqual(['k', '\x1b[A', '\x1bOB', 'j', '\x1b', '\r']);
    expect(keysIn('\x1b[1;5A\x1b[5~q')).toEqual(['\x1b[1;5A', '\x1b[5~', 'q']);
    expect(keysIn('')).toEqual([]);
  });

  class Terminal extends EventEmitter {
    readonly modes: boolean[] = [];
    isPaused = false;
    setRawMode(on: boolean): void {
      this.modes.push(on);
    }
    setEncoding(): this {
      return this;
    }
    pause(): void {
      this.isPaused = true;
    }
  }

  function listening() {
    const terminal = new Terminal();
    const pressed: Key[] = [];
    let quits = 0;
    const keys = new Keys(
      terminal as unknown as ReadStream,
      (key) => pressed.push(key),
      () => quits++,
    );
    return { terminal, pressed, keys, quits: () => quits };
  }

  test('mean what they say; others mean nothing', () => {
    const { terminal, pressed, keys, quits } = listening();
    terminal.emit('data', 'kj\x1b[A\x1bOB\n\x1bxyz\x1b[C');
    terminal.emit('data', 'constructor');
    expect(pressed).toEqual(['up', 'down', 'up', 'down', 'enter', 'escape']);
    expect(quits()).toBe(0);
    terminal.emit('data', 'q\x03');
    expect(quits()).toBe(2);
    keys.close();
  });

  test('the terminal is as it was afterwards', () => {
    const before = process.listenerCount('SIGCONT');
    const { terminal, pressed, keys } = listening();
    expect(terminal.modes).toEqual([true]);
    process.emit('SIGCONT', 'SIGCONT');
    expect(terminal.modes).toEqual([true, true]);
    keys.close();
    keys.close();
    expect(terminal.modes.at(-1)).toBe(false);
    expect(terminal.isPaused).toBe(true);
    terminal.emit('data', 'k');
    expect(pressed).toEqual([]);
    expect(process.listenerCount('SIGCONT')).toBe(before);
  });
});

describe('selection', () => {
  const of = (...ids: string[]): Selection => {
    const selection = new Selection();
    selection.follow(ids);
    return selection;
  };

  test('moves within the list', () => {
    const selection = of('a', 'b', 'c');
    const after = (key: Key) => {
      selection.press(key);
      return selection.id;
    };
    expect(['up', 'down', 'down', 'down', 'up'].map((key) => after(key as Key))).toEqual(
      'abccb'.split(''),
    );
  });

  test('stays with its container when the order changes', () => {
    const selection = of('a', 'b', 'c');
    selection.press('down');
    selection.follow(['c', 'b', 'a']);
    expect(selection.id).toBe('b');
    selection.press('up');
    expect(selection.id).toBe('c');
  });

  test('what is looked into stays chosen, and is closed when it is gone', () => {
    const selection = of('a', 'b');
    selection.press('enter');
    selection.press('down');
    expect([selection.id, selection.opened]).toEqual(['a', 'a']);
    selection.follow(['b']);
    expect([selection.id, selection.opened]).toEqual(['b', null]);
    selection.press('enter');
    selection.press('escape');
    expect(selection.opened).toBeNull();
  });

  test('of nothing, nothing is chosen', () => {
    const selection = of();
    for (const key of ['up', 'down', 'enter'] as const) selection.press(key);
    expect([selection.id, selection.opened]).toEqual([null, null]);
    selection.follow(['a']);
    expect(selection.id).toBe('a');
  });
});

describe('counting', () => {
  const container = (id: string): ContainerInfo =>
    ({ id, name: id, image: null, runtime: 'docker', k8s: null }) as unknown as ContainerInfo;
  const [web, db, idle] = ['web', 'db', 'idle'].map(container) as [
    ContainerInfo,
    ContainerInfo,
    ContainerInfo,
  ];
  /** Cgroups 1 and 2 are of web, 3 is of db, others of nobody. */
  const containers = {
    list: () => [web, db, idle],
    lookup: (_: number, cgroup: bigint) => ({ 1: web, 2: web, 3: db })[Number(cgroup)] ?? null,
  };

  function kernel() {
    const sums = new Map<number, readonly number[]>();
    const bytes = (values: readonly number[]) =>
      new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
    const map = {
      *entries() {
        for (const [cgroup, values] of sums)
          yield [bytes([cgroup, 0]), bytes(values)] as [Uint8Array, Uint8Array];
      },
    };
    const counts = new Counts(
      map,
      containers as unknown as ConstructorParameters<typeof Counts>[1],
    );
    const look = (wanted: readonly ContainerInfo[] = []) =>
      counts
        .look(
          (each) => wanted.includes(each),
          (id) => (id === 'web' ? 7 : null),
        )
        .map(({ id, changes, writtenBytes, execs, connects, files }) => [
          ...[id, changes, writtenBytes, execs, connects, files],
        ]);
    return { sums, look };
  }

  test('what was done since the last look, of all cgroups of a container', () => {
    const { sums, look } = kernel();
    sums.set(1, [5, 100, 1, 0]).set(2, [2, 10, 0, 3]).set(9, [1000, 0, 0, 0]);
    expect(look()).toEqual([['web', 7, 110, 1, 3, 7]]);
    expect(look()).toEqual([['web', 0, 0, 0, 0, 7]]);
    sums.set(2, [3, 20, 0, 3]);
    expect(look()).toEqual([['web', 1, 10, 0, 0, 7]]);
  });

  test('the busiest first, and those that do nothing if they are wanted', () => {
    const { sums, look } = kernel();
    sums.set(1, [1, 0, 0, 0]).set(3, [0, 0, 1, 1]);
    expect(look([idle]).map(([id]) => id)).toEqual(['db', 'web', 'idle']);
    sums.delete(3);
    expect(look([idle]).map(([id]) => id)).toEqual(['idle', 'web']);
  });

  test('sums that the kernel has forgotten begin at 0 again', () => {
    const { sums, look } = kernel();
    sums.set(1, [50, 500, 5, 5]);
    look();
    sums.set(1, [2, 20, 0, 0]);
    expect(look()).toEqual([['web', 2, 20, 0, 0, 7]]);
  });
});
