import { describe, expect, test } from 'vitest';
import { type ContainerInfo, renderJson } from '../src/container.js';
import { podOf } from '../src/labels.js';
import { bundleAnnotations, parseState, podmanNames } from '../src/sources/runtime-state.js';

const decode = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(bytes);

describe('JSON of a container', () => {
  test('has the keys of the event fields, whatever the names hold', () => {
    const hostile = 'a"b\\\n\u001b[31m\ud800é';
    const info: ContainerInfo = {
      ...{ id: 'web', name: hostile, image: null, runtime: 'runc', namespace: 'n', pid: 1 },
      ...{ mntns: 2, cgroupId: 3n, k8s: { namespace: 'shop', pod: hostile, container: null } },
    };
    const { container, k8s } = renderJson(info);
    expect(container.every((byte) => byte >= 0x20)).toBe(true);
    expect(JSON.parse(decode(container))).toEqual({
      ...{ id: 'web', name: hostile, image: null, runtime: 'runc' },
    });
    expect(JSON.parse(decode(k8s))).toEqual({ namespace: 'shop', pod: hostile, container: null });
    expect(decode(renderJson({ ...info, k8s: null }).k8s)).toBe('null');
  });
});

describe('labels', () => {
  test.each([
    [{ 'io.kubernetes.pod.namespace': 'a', 'io.kubernetes.pod.name': 'b' }, null],
    [
      {
        ...{ 'io.kubernetes.pod.namespace': 'a', 'io.kubernetes.pod.name': 'b' },
        'io.kubernetes.container.name': 'POD',
      },
      null,
    ],
    [
      {
        ...{ 'io.kubernetes.cri.sandbox-namespace': 'a', 'io.kubernetes.cri.sandbox-name': 'b' },
        'io.kubernetes.cri.container-name': 'c',
      },
      'c',
    ],
  ])('%j', (labels, container) => {
    expect(podOf(labels)).toEqual({ namespace: 'a', pod: 'b', container });
  });

  test('half a pod is none', () => {
    expect(podOf({ 'io.kubernetes.pod.name': 'b' })).toBeNull();
  });
});

describe('state files', () => {
  test('of runc', () => {
    const state = {
      ...{
        init_process_pid: 5,
        init_process_start: 99,
        cgroup_paths: { '': '/cg/a/b', cpu: '/x' },
      },
      config: { labels: ['a=b=c', 'bundle=/b', 'odd'] },
    };
    expect(parseState(JSON.stringify(state), '/cg')).toEqual({
      ...{ pid: 5, startTicks: 99, cgroupPath: '/a/b', bundle: '/b' },
      labels: { a: 'b=c', bundle: '/b' },
    });
    expect(parseState(JSON.stringify(state), '/c')?.cgroupPath).toBeNull();
    expect(parseState(JSON.stringify(state), null)?.cgroupPath).toBeNull();
  });

  test('of crun', () => {
    const status = { pid: 5, 'process-start-time': 99, 'cgroup-path': '/a', bundle: '/b' };
    expect(parseState(JSON.stringify(status), '/cg')).toEqual({
      ...{ pid: 5, startTicks: 99, cgroupPath: '/a', bundle: '/b', labels: null },
    });
  });

  test.each(['', '{', 'null', '[]', '7', '{"init_process_pid":"5"}', '{"pid":-1,"config":3}'])(
    '%s names no process',
    (text) => {
      expect(parseState(text, '/cg')?.pid ?? 0).toBe(0);
    },
  );

  test('a bundle that is gone tells nothing', () => {
    expect(bundleAnnotations('/nowhere')).toEqual({});
    expect(podmanNames('/nowhere/a/b', 'x')).toEqual({ name: null, image: null });
  });
});
