import { Cursor, type Layout } from '@imagesnoop/loader';
import { describe, expect, test } from 'vitest';
import { NamespaceMounts } from '../src/namespace-mounts.js';

const HEADER = 96;
const ENTRY = 16;
/** Id of the mount that is the root. */
const ROOT = 1;

/** Readers at fixed offsets. */
const layouts = (() => {
  const at = (offset: number, size: 2 | 4) => (row: Cursor) =>
    Buffer.from(row.u8).readUIntLE(row.base + offset, size);
  const event: Record<string, number> = {
    'header.type': 0,
    'header.mntns': 4,
    length: 8,
    cut: 12,
    root_id: 16,
  };
  const entry: Record<string, [number, 2 | 4]> = {
    dev: [0, 4],
    id: [4, 4],
    parent_id: [8, 4],
    point_length: [12, 2],
    fs_length: [14, 2],
  };
  return {
    event: { size: HEADER, u32: (name: string) => at(event[name] as number, 4) },
    entry: { size: ENTRY, u32: (name: string) => at(...(entry[name] as [number, 2 | 4])) },
  };
})();

const table = () =>
  new NamespaceMounts(layouts.event as unknown as Layout, layouts.entry as unknown as Layout);

interface Sample {
  type?: number;
  mntns?: number;
  cut?: boolean;
  mounts: { point: string; dev?: number; inFs?: string; id?: number; on?: number }[];
}

function record({ type = 2, mntns = 7, cut = false, mounts }: Sample): Cursor {
  const entries = mounts.map(({ point, dev = 0, inFs = '', id, on = ROOT }, index) => {
    const head = Buffer.alloc(ENTRY);
    head.writeUInt32LE(dev, 0);
    head.writeUInt32LE(id ?? 100 + index, 4);
    head.writeUInt32LE(on, 8);
    head.writeUInt16LE(point.length, 12);
    head.writeUInt16LE(inFs.length, 14);
    return Buffer.concat([head, Buffer.from(point), Buffer.from(inFs)]);
  });
  const text = Buffer.concat(entries);
  const head = Buffer.alloc(HEADER);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(mntns, 4);
  head.writeUInt32LE(text.length, 8);
  head.writeUInt32LE(Number(cut), 12);
  head.writeUInt32LE(ROOT, 16);
  return Cursor.over(Uint8Array.from(Buffer.concat([head, text])));
}

const find = (mounts: NamespaceMounts, mntns: number, path: string) => {
  const bytes = Buffer.from(path);
  const found = mounts.find(mntns, bytes, bytes.length);
  return found ? String(found.point) : found;
};

describe('mounts of a namespace', () => {
  const CONTAINER = record({
    mounts: [
      { point: '/proc' },
      { point: '/data', dev: 51, inFs: '/volumes/v1', id: 30 },
      { point: '/data/cache', dev: 52, on: 30 },
    ],
  });

  test('lead a path into the innermost of them, or into none', () => {
    const mounts = table();
    expect(find(mounts, 7, '/data/x')).toBe(undefined);
    expect(mounts.learn(CONTAINER)).toBe(true);
    expect(find(mounts, 7, '/data/x')).toBe('/data');
    expect(find(mounts, 7, '/data')).toBe('/data');
    expect(find(mounts, 7, '/data/cache/a')).toBe('/data/cache');
    expect(find(mounts, 7, '/database')).toBe(null);
    expect(find(mounts, 8, '/data/x')).toBe(undefined);
    expect(mounts.find(7, Buffer.from('/data/x'), 7)).toMatchObject({
      dev: 51,
      inFs: Buffer.from('/volumes/v1'),
    });
  });

  test('are replaced when told again, unknown when not all are told', () => {
    const mounts = table();
    mounts.learn(CONTAINER);
    mounts.learn(record({ mounts: [{ point: '/proc' }] }));
    expect(find(mounts, 7, '/data/x')).toBe(null);
    mounts.learn(record({ cut: true, mounts: [{ point: '/proc' }] }));
    expect(find(mounts, 7, '/data/x')).toBe(undefined);
  });

  test('of two on one place it is the upper one', () => {
    const mounts = table();
    const two = [
      { point: '/a', dev: 1, id: 30 },
      { point: '/a', dev: 2, on: 30 },
    ];
    mounts.learn(record({ mounts: two }));
    expect(mounts.find(7, Buffer.from('/a/b'), 4)).toMatchObject({ dev: 2 });
  });

  test('one that a later mount hides is not met', () => {
    const mounts = table();
    mounts.learn(
      record({
        mounts: [
          { point: '/a/b', dev: 1 },
          { point: '/a', dev: 2 },
        ],
      }),
    );
    expect(mounts.find(7, Buffer.from('/a/b/c'), 6)).toMatchObject({ dev: 2 });
  });

  test('that claim to be mounted on each other are refused', () => {
    const mounts = table();
    const circle = [
      { point: '/a', id: 30 },
      { point: '/a', id: 31, on: 30 },
      { point: '/a', id: 30, on: 31 },
    ];
    mounts.learn(record({ mounts: circle }));
    expect(find(mounts, 7, '/a/b')).toBe(undefined);
  });

  test('other records are left alone', () => {
    expect(table().learn(record({ type: 1, mounts: [] }))).toBe(false);
  });

  test('entries that do not fit make all of them unknown', () => {
    const mounts = table();
    for (const at of [8, HEADER + 12, HEADER + 14]) {
      const broken = record({ mounts: [{ point: '/a', inFs: '/b' }] });
      Buffer.from(broken.u8.buffer, broken.u8.byteOffset).writeUInt16LE(0xfff0, at);
      mounts.learn(broken);
      expect(find(mounts, 7, '/a/b')).toBe(undefined);
    }
  });

  test('are kept of a bounded number of namespaces', () => {
    const mounts = table();
    for (let mntns = 1; mntns <= 1500; mntns++) mounts.learn(record({ mntns, mounts: [] }));
    expect(find(mounts, 1, '/a')).toBe(undefined);
    expect(find(mounts, 1500, '/a')).toBe(null);
  });
});
