import { describe, expect, test } from 'vitest';
import { cgroup2Mount, hasTracefs, isTooOld, kernelVersion } from '../src/machine.js';

describe('the kernel', () => {
  test.each([
    ['4.19.0-27-amd64', true],
    ['5.7.19', true],
    ['5.8.0', false],
    ['5.10.0-46-cloud-amd64', false],
    ['6.1', false],
    ['10.0-rc1', false],
    ['unheard-of', false],
  ])('%s is too old: %s', (release, tooOld) => {
    expect(isTooOld(release)).toBe(tooOld);
  });

  test('has a version even with a suffix', () => {
    expect(kernelVersion('6.12.107+deb13-cloud-amd64')).toEqual({ major: 6, minor: 12 });
    expect(kernelVersion('?')).toBeUndefined();
  });
});

test('cgroup v2 is found beside version 1, and where its path has a blank', () => {
  const hybrid =
    'cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0';
  expect(cgroup2Mount(hybrid)).toBe('/sys/fs/cgroup/unified');
  expect(cgroup2Mount('none /mnt/a\\040b cgroup2 rw 0 0')).toBe('/mnt/a b');
  expect(cgroup2Mount('cgroup /sys/fs/cgroup/cpu cgroup rw 0 0')).toBeUndefined();
});

test('tracefs is a kind of mount, not a word in a path', () => {
  expect(hasTracefs('t /sys/kernel/tracing tracefs rw 0 0')).toBe(true);
  expect(hasTracefs('t /mnt/tracefs tmpfs rw 0 0')).toBe(false);
});
