import { describe, expect, test } from 'vitest';
import { cpio } from '../cpio.mjs';
import { loadOrder, parseDependencies } from '../initrd.mjs';

const DEPENDENCIES = `kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/fs/fuse/virtiofs.ko.xz: kernel/fs/fuse/fuse.ko kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/net/sched/sch-ingress.ko:
`;

describe('order of modules', () => {
  const modules = parseDependencies(DEPENDENCIES);
  const order = (...names: string[]) =>
    loadOrder(modules, names).map((file: string) => file.split('/').at(-1));

  test('dependencies come first, the deepest before all', () => {
    expect(order('virtio_pci')).toEqual(['virtio_ring.ko', 'virtio.ko', 'virtio_pci.ko']);
  });

  test('what two modules need is there once', () => {
    expect(order('virtio_pci', 'virtiofs')).toEqual([
      'virtio_ring.ko',
      'virtio.ko',
      'virtio_pci.ko',
      'fuse.ko',
      'virtiofs.ko.xz',
    ]);
  });

  test('what is built in is left out, and dashes are underscores', () => {
    expect(order('ext4', 'sch_ingress')).toEqual(['sch-ingress.ko']);
  });
});

describe('cpio', () => {
  const archive = cpio([
    { path: 'bin' },
    { path: 'bin/run', mode: 0o755, data: 'echo hi\n' },
    { path: 'bin/odd', data: Buffer.from([1, 2, 3]) },
  ]);

  // Fields of 8 hexadecimal digits: inode, mode, uid, gid, links, time, size, device and its kin.
  function members(bytes: Buffer) {
    const found = [];
    for (let at = 0; bytes.toString('latin1', at, at + 6) === '070701'; ) {
      const field = (index: number) =>
        Number.parseInt(bytes.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
      const nameEnd = at + 110 + field(11);
      const start = (nameEnd + 3) & ~3;
      const path = bytes.toString('latin1', at + 110, nameEnd - 1);
      found.push([path, field(1).toString(8), bytes.toString('latin1', start, start + field(6))]);
      at = (start + field(6) + 3) & ~3;
    }
    return found;
  }

  test('names, modes and contents are where the kernel reads them', () => {
    expect(members(archive)).toEqual([
      ['bin', '40755', ''],
      ['bin/run', '100755', 'echo hi\n'],
      ['bin/odd', '100644', '\x01\x02\x03'],
      ['TRAILER!!!', '0', ''],
    ]);
  });

  test('another archive may follow', () => {
    expect(archive.length % 512).toBe(0);
  });
});
