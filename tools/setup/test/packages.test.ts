import { expect, test } from 'vitest';
import { missing, packageStates, parseList, readList, wasInterrupted } from '../packages.mjs';

test('a list has one package a line, comments and alternatives', () => {
  expect(parseList('# why\n\nmake   # builds\ndocker.io | docker-ce\n')).toEqual([
    ['make'],
    ['docker.io', 'docker-ce'],
  ]);
});

const status = (states: Record<string, string>) =>
  Object.entries(states)
    .map(([name, state]) => `Package: ${name}\nStatus: install ok ${state}\nVersion: 1\n`)
    .join('\n');

test('what is missing is the first alternative of each line without an installed one', () => {
  const states = packageStates(
    status({ make: 'installed', 'docker-ce': 'installed', gcc: 'config-files' }),
  );
  expect(missing(parseList('make\ngcc\ndocker.io | docker-ce\npodman'), states)).toEqual([
    'gcc',
    'podman',
  ]);
});

test('a package installed for any architecture counts', () => {
  const text = `${status({ libc6: 'installed' })}\n${status({ libc6: 'config-files' })}`;
  expect(packageStates(text).get('libc6')).toBe('installed');
});

test.each([
  ['half-installed', [], true],
  ['unpacked', [], true],
  ['half-configured', [], true],
  ['installed', [], false],
  ['config-files', [], false],
  ['installed', ['0001'], true],
] as const)(
  'a package that is %s, with updates %j: interrupted is %s',
  (state, updates, expected) => {
    const states = packageStates(status({ make: 'installed', gcc: state }));
    expect(wasInterrupted(states, updates)).toBe(expected);
  },
);

test('the lists of the workspace name packages, and a missing list names none', () => {
  expect(readList('build').flat()).toContain('clang-19');
  for (const name of readList('build').flat()) expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
  expect(readList('nothing')).toEqual([]);
});
