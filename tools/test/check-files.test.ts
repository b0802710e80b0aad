import { expect, test } from 'vitest';
import { checkFiles, hostsIn, mentions, tooLong } from '../check-files.mjs';

const lines = (count: number) => 'x\n'.repeat(count);

test('long files are found, with their own limit for BPF programs', () => {
  expect(tooLong('a.ts', lines(400))).toBeNull();
  expect(tooLong('a.ts', lines(401))).toBe('a.ts: 401 lines, more than 400: split it');
  expect(tooLong('bpf/a.bpf.c', lines(301))).toMatch('more than 300');
  expect(tooLong('a.c', lines(301))).toBeNull();
  expect(tooLong('README.md', lines(9999))).toBeNull();
});

test('what names the machine is found with its line', () => {
  expect(mentions('a', 'x\nsee mirror.example/x', ['mirror.example'])).toBe(
    "a:2: names this machine's mirror.example",
  );
  expect(mentions('a', 'nothing', ['mirror.example'])).toBeNull();
});

test('hosts are read from both forms of apt sources, comments left out', () => {
  const sources =
    'deb http://one.example/debian x main\n# http://no.example\nURIs: https://two.example:8080/x';
  expect(hostsIn(sources)).toEqual(['one.example', 'two.example']);
});

test('build results are found', () => {
  expect(checkFiles(['package.json'], [])).toEqual([]);
  expect(checkFiles(['node_modules/.modules.yaml'], [])[0]).toMatch('build result');
});
