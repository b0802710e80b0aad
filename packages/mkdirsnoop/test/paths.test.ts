import type { ByteRun, Cursor, Layout } from '@imagesnoop/loader';
import { describe, expect, test } from 'vitest';
import type { HostMounts } from '../src/host-mounts.js';
import { EventPaths, FLAG } from '../src/paths.js';

const HOST_MNTNS = 1;
const CONTAINER = { mntns: 2, dev: 51 };

interface Sample {
  argv: string;
  base?: string;
  inFs?: string;
  flags?: number;
  mntns?: number;
  dev?: number;
}

/** Paths over one record, without a kernel: only what EventPaths asks of its layout. */
function pathsOf({ argv, base = '', inFs = '', flags = 0, mntns = HOST_MNTNS, dev = 0 }: Sample) {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const values: Record<string, number> = {
    flags,
    argv_length: bytes(argv).length,
    base_length: bytes(base).length,
    fs_length: bytes(inFs).length,
    dev,
    'header.mntns': mntns,
  };
  const layout = { size: 8, u32: (name: string) => () => values[name] };
  const mounts = {
    mntns: HOST_MNTNS,
    resolve(of: number, path: Uint8Array, into: Uint8Array) {
      if (of !== CONTAINER.dev) return -1;
      const whole = Buffer.concat([bytes('/var/lib/merged'), path]);
      into.set(whole);
      return whole.length;
    },
  };
  const u8 = Buffer.concat([Buffer.alloc(8), bytes(argv), bytes(base), bytes(inFs)]);
  const at = { u8, base: 0, length: u8.length } as unknown as Cursor;
  const others = {
    find(of: number, path: Uint8Array, length: number) {
      if (of !== CONTAINER.mntns) return undefined;
      const text = Buffer.from(path).toString('latin1', 0, length);
      if (text !== '/vol' && !text.startsWith('/vol/')) return null;
      return { dev: CONTAINER.dev, inFs: bytes('/volumes/v1'), point: bytes('/vol') };
    },
  };
  const paths = new EventPaths(
    layout as unknown as Layout,
    mounts as unknown as HostMounts,
    others,
  );
  return { path: show(paths.path(at)), host: show(paths.hostPath(at)) };
}

function show({ u8, start, end }: ByteRun): string | null {
  return start < 0 ? null : Buffer.from(u8).toString('latin1', start, end);
}

describe('path', () => {
  test.each<[string, string, string]>([
    ['a', '/home', '/home/a'],
    ['a', '', '/a'],
    ['a/b/', '/x', '/x/a/b'],
    ['a//b/./c', '/x', '/x/a/b/c'],
    ['../y', '/x/z', '/x/y'],
    ['../../../../y', '/x', '/y'],
    ['..', '/x', '/'],
    ['.', '/x', '/x'],
    ['/', '', '/'],
    ['//a/../b', '', '/b'],
    ['...', '/x', '/x/...'],
    ['\xff\n', '/x', '/x/\xff\n'],
  ])('%s from %s is %s', (argv, base, path) => {
    expect(pathsOf({ argv, base }).path).toBe(path);
  });

  test.each([FLAG.argvUnreadable, FLAG.argvCut, FLAG.baseUnknown, FLAG.baseCut])(
    'is unknown under flag %i',
    (flags) => {
      expect(pathsOf({ argv: 'a', base: '/x', flags }).path).toBe(null);
    },
  );

  test('is unknown for an empty one', () => {
    expect(pathsOf({ argv: '', base: '/x' }).path).toBe(null);
  });
});

describe('host path', () => {
  test('is the path where the root is the host', () => {
    expect(pathsOf({ argv: 'a', base: '/x', flags: FLAG.hostRoot }).host).toBe('/x/a');
  });

  test('of a relative path goes through the host mounts', () => {
    expect(pathsOf({ argv: 'a/../b', base: '/x', inFs: '/upper/x', ...CONTAINER }).host).toBe(
      '/var/lib/merged/upper/x/b',
    );
  });

  test('is unknown for a file system that the host does not mount', () => {
    expect(pathsOf({ argv: 'a', base: '/x', inFs: '/x', mntns: 2, dev: 9 }).host).toBe(null);
  });

  test('is unknown when the present mounts could not be told', () => {
    const sample = { argv: 'a', base: '/x', inFs: '/upper/x', ...CONTAINER };
    expect(pathsOf(sample).host).toBe('/var/lib/merged/upper/x/a');
    expect(pathsOf({ ...sample, flags: FLAG.mountsUntold }).host).toBe(null);
  });

  test('is unknown when the path climbs out of where it starts', () => {
    expect(pathsOf({ argv: 'a/../../b', base: '/x', inFs: '/x', ...CONTAINER }).host).toBe(null);
  });

  test('of an absolute path starts where the host has the root', () => {
    const chroot = { argv: '/a', inFs: '/jail', dev: CONTAINER.dev };
    expect(pathsOf(chroot).host).toBe('/var/lib/merged/jail/a');
    expect(pathsOf({ ...chroot, mntns: 2 }).host).toBe('/var/lib/merged/jail/a');
    expect(pathsOf({ ...chroot, mntns: 3 }).host).toBe(null);
  });

  test('goes on where the host has what is mounted on the way', () => {
    const container = { inFs: '/upper', ...CONTAINER };
    expect(pathsOf({ argv: '/vol/a/../b', ...container }).host).toBe(
      '/var/lib/merged/volumes/v1/b',
    );
    expect(pathsOf({ argv: 'vol/a', ...container }).host).toBe('/var/lib/merged/volumes/v1/a');
    expect(pathsOf({ argv: '/volume/a', ...container }).host).toBe(
      '/var/lib/merged/upper/volume/a',
    );
  });

  test('from within a mount is where that is', () => {
    const within = { argv: 'a', base: '/vol/x', inFs: '/volumes/v1/x', ...CONTAINER };
    expect(pathsOf(within).host).toBe('/var/lib/merged/volumes/v1/x/a');
  });
});
