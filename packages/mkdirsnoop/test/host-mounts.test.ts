import { describe, expect, test } from 'vitest';
import { HostMounts, parseMountinfo } from '../src/host-mounts.js';

const TABLE = Buffer.from(
  [
    '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '30 22 0:51 / /run/bundle\\040one/rootfs rw - overlay overlay rw',
    '31 22 254:0 /srv/data /mnt/data rw - ext4 /dev/vda rw',
    '32 22 8:1 /only/below /part rw - ext4 /dev/sda1 rw',
    'garbage',
    '',
  ].join('\n'),
);

describe('parseMountinfo', () => {
  test('keeps each device its mounts in order, unescaped', () => {
    const table = parseMountinfo(TABLE);
    expect([...table.keys()]).toEqual(['254:0', '0:51', '8:1']);
    expect(table.get('254:0')?.map(({ root, point }) => [String(root), String(point)])).toEqual([
      ['', ''],
      ['/srv/data', '/mnt/data'],
    ]);
    expect(String(table.get('0:51')?.[0]?.point)).toBe('/run/bundle one/rootfs');
  });
});

describe('HostMounts', () => {
  const own = new HostMounts('/proc/self');
  const into = Buffer.alloc(8192);

  test('names a directory of the root file system', () => {
    const end = own.resolve(own.rootDevice, Buffer.from('/a/b'), into);
    expect(into.toString('utf8', 0, end)).toBe('/a/b');
    expect(own.resolve(own.rootDevice, Buffer.alloc(0), into)).toBe(0);
  });

  test('does not know a device that is not mounted', () => {
    expect(own.resolve(0xfffff, Buffer.from('/a'), into)).toBe(-1);
  });

  test('without a process to look at, knows nothing and names nothing', () => {
    const none = new HostMounts('/proc/0');
    expect([none.mntns, none.rootDevice, none.resolve(1, Buffer.from('/'), into)]).toEqual([
      0, 0, -1,
    ]);
  });
});
