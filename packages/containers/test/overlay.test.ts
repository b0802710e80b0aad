import { expect, test } from 'vitest';
import { graphDriverRoot, inspectedContainers } from '../src/index.js';
import { overlayOf, parseMountinfo } from '../src/storage/overlay.js';

test('options of a mount, with every way to write a layer', () => {
  expect(
    overlayOf(['rw', 'lowerdir=/a:/b\\:c:/d\\\\e', 'upperdir=/u', 'workdir=/w', 'index=off']),
  ).toEqual({
    merged: null,
    upper: '/u',
    work: '/w',
    lowers: ['/a', '/b:c', '/d\\e'],
    attributes: 'trusted',
  });
  expect(overlayOf(['lowerdir=/a', 'userxattr'])?.attributes).toBe('user');
  expect(overlayOf(['lowerdir+=/a', 'lowerdir+=/b:c'])?.lowers).toEqual(['/a', '/b:c']);
  expect(overlayOf(['lowerdir=/a:/b::/data'])?.lowers).toEqual(['/a', '/b']);
  expect(overlayOf(['rw', 'size=4k'])).toBeNull();
});

test('a line of mountinfo, with optional fields and escapes', () => {
  const line = String.raw`36 35 0:33 / /my\040root rw shared:1 - overlay overlay rw,lowerdir=/l\134:x`;
  expect(parseMountinfo(`${line}\ngarbage\n`)).toEqual([
    { point: '/my root', type: 'overlay', options: ['rw', 'lowerdir=/l\\:x'] },
  ]);
});

test('what docker inspect says of storage', () => {
  const Data = { LowerDir: '/a-init/diff:/b/diff', MergedDir: '/m', UpperDir: '/u', WorkDir: '/w' };
  expect(graphDriverRoot({ GraphDriver: { Name: 'overlay2', Data } })).toEqual({
    ...{ merged: '/m', upper: '/u', work: '/w' },
    lowers: ['/a-init/diff', '/b/diff'],
    attributes: 'trusted',
  });
  expect(graphDriverRoot({ GraphDriver: { Name: 'vfs', Data: null } })).toEqual({
    why: 'its storage driver is vfs, not overlay2',
  });
  expect(graphDriverRoot({})).toBeNull();
  expect(inspectedContainers([{ Id: 'a' }, {}, 7])).toEqual([{ Id: 'a' }]);
});
