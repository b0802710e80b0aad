import { describe, expect, test } from 'vitest';
import type { ContainerInfo } from '../src/index.js';
import { fit, isMember, modeOf, nearNames, parseSelector, type Selector } from '../src/selector.js';

const info = (name: string, namespace: string, pod: string): ContainerInfo => ({
  ...{ id: 'ab'.repeat(32), name, image: null, runtime: 'containerd', pid: 1, mntns: 2 },
  ...{ cgroupId: 3n, k8s: { namespace, pod, container: name } },
});

describe('selectors', () => {
  test.each<[Selector, 'include' | 'exclude', boolean]>([
    [{ containers: ['web'] }, 'include', true],
    [{ containers: ['db'] }, 'include', false],
    [{ containers: ['db', 'web'] }, 'include', true],
    [{ containers: ['abab'] }, 'include', true],
    [{ containers: ['a'] }, 'include', false], // too short for a prefix
    [{ containers: ['ab'.repeat(32)] }, 'include', true],
    [{ containers: ['!web'] }, 'exclude', true],
    [{ containers: ['!db'] }, 'exclude', false],
    [{ containers: ['web', '!db'] }, 'include', true],
    [{ containers: ['web', '!web'] }, 'include', false],
    [{ pods: ['web-1'] }, 'include', true],
    [{ pods: ['web'] }, 'include', false], // a pod's name is no prefix
    [{ pods: ['web-1'], namespaces: ['shop'] }, 'include', true],
    [{ pods: ['web-1'], namespaces: ['test'] }, 'include', false],
    [{ pods: ['web-1'], namespaces: ['!shop'] }, 'include', false],
    [{ namespaces: ['!shop'] }, 'exclude', true],
    [{ namespaces: ['!kube-system'] }, 'exclude', false],
  ])('%j: %s, member %s', (selector, mode, member) => {
    const rules = parseSelector(selector);
    expect(modeOf(rules)).toBe(mode);
    expect(isMember(rules, (rule) => fit(rule, info('web', 'shop', 'web-1')) !== null)).toBe(
      member,
    );
  });

  test.each([
    {},
    { containers: [] },
    { containers: [''] },
    { containers: ['!'] },
    { pods: ['a b'] },
    { namespaces: ['../etc'] },
  ])('%j is refused', (selector) => {
    expect(() => parseSelector(selector)).toThrow(
      expect.objectContaining({
        code: 'CONTAINER_SELECTOR_INVALID',
        exitCode: 2,
        hint: expect.any(String),
      }),
    );
  });

  test('near names: what was probably meant, nearest first', () => {
    const names = ['webserver', 'database', 'web', 'cache', 'wbe'];
    expect(nearNames('wbserver', names)).toEqual(['webserver']);
    expect(nearNames('ewb', names)).toEqual(['web']);
    expect(nearNames('serve', names)).toEqual(['webserver']);
    expect(nearNames('postgres', names)).toEqual([]);
  });
});
