import { describe, expect, test } from 'vitest';
import { ownCgroup } from '../src/attach.js';
import { CgroupTree, containerInPath, unifiedMount } from '../src/cgroups.js';
import { parseCgroups, parseStartTicks } from '../src/procfs.js';

const ID = '0123456789abcdef'.repeat(4);
const OTHER = 'f'.repeat(64);

describe('the v2 mount', () => {
  test.each([
    [
      'hybrid',
      '30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      '/sys/fs/cgroup/unified',
    ],
    [
      'pure v2',
      '25 30 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 none rw',
      '/sys/fs/cgroup',
    ],
    ['odd name', '25 30 0:23 / /mnt/a\\040b rw - cgroup2 none rw', '/mnt/a b'],
    ['v1 only', '31 24 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu', null],
  ])('%s', (_, line, mount) => {
    expect(unifiedMount(`22 1 0:2 / / rw - ext4 /dev/vda rw\n${line}\n`)).toBe(mount);
  });
});

test('paths are told from where our cgroup namespace begins', () => {
  expect(new CgroupTree('/x').absolute('/docker/a')).toBe('/docker/a');
  const ours = new CgroupTree('/x', '/kubepods/pod1/ours');
  expect(ours.absolute('/')).toBe('/kubepods/pod1/ours/');
  expect(ours.absolute('/../../pod2/other')).toBe('/kubepods/pod2/other');
  expect(ours.absolute('/../../../system.slice')).toBe('/system.slice');
});

describe('the container that a cgroup path names', () => {
  test.each([
    [`/system.slice/docker-${ID}.scope`, 'docker'],
    [`/docker/${ID}`, 'docker'],
    [`/docker/${ID}/init/sub`, 'docker'],
    [`/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`, 'containerd'],
    [`/kubepods/burstable/pod1/${ID}`, 'unknown'],
    [`/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:${ID}`, 'containerd'],
    [`/kubepods.slice/crio-${ID}.scope/container`, 'cri'],
    [`/machine.slice/libpod-${ID}.scope/container`, 'podman'],
    [`/libpod_parent/libpod-${ID}`, 'podman'],
    // A container in a container is, to this host, the outer one.
    [`/docker/${ID}/docker/${OTHER}`, 'docker'],
  ])('%s', (path, runtime) => {
    expect(containerInPath(path)).toEqual({ id: ID, runtime });
  });

  test.each([
    '/',
    '/system.slice/docker.service',
    '/default/web',
    `/system.slice/crio-conmon-${ID}.scope`,
    `/machine.slice/libpod-conmon-${ID}.scope`,
    `/docker/${ID.slice(1)}`,
    `/docker/${ID.toUpperCase()}`,
    '/docker/buildkit/xwyzqcabcdefghijklmnopqrs',
  ])('none in %s', (path) => {
    expect(containerInPath(path)).toBeNull();
  });
});

test("a container's own cgroup ends with the directory that bears its id", () => {
  expect(ownCgroup(`/machine.slice/libpod-${ID}.scope/container`, ID)).toBe(
    `/machine.slice/libpod-${ID}.scope`,
  );
  expect(ownCgroup('/default/web/child', 'web')).toBe('/default/web');
  expect(ownCgroup('/default/website', 'web')).toBeNull();
  expect(ownCgroup(`/machine.slice/libpod-conmon-${ID}.scope`, ID)).toBeNull();
  expect(ownCgroup('/', ID)).toBeNull();
});

describe('/proc', () => {
  test('cgroups of all hierarchies', () => {
    const text = '9:name=systemd:/a\n3:cpu,cpuacct:/b:c\n0::/d\nnonsense\n';
    expect(Object.fromEntries(parseCgroups(text))).toEqual({
      ...{ 'name=systemd': '/a', cpu: '/b:c', cpuacct: '/b:c', '': '/d' },
    });
  });

  test('a command name cannot shift the fields', () => {
    const rest = `1 1 1 0 -1 4194304 ${'0 '.repeat(12)}123456 7 8`;
    expect(parseStartTicks(`5 (a) S 1 (b c) S ${rest}`)).toBe(123456);
    expect(parseStartTicks(`5 (a) Z ${rest}`)).toBeNull();
    expect(parseStartTicks('')).toBeNull();
  });
});
