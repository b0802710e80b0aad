import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binaries, distance, nearest } from '../binaries.mjs';
import { ROOT } from '../paths.mjs';

test('words are as far apart as their edits', () => {
  expect(distance('mkdirsnoop', 'mkdirsnoop')).toBe(0);
  expect(distance('mkdirsnop', 'mkdirsnoop')).toBe(1);
  expect(distance('', 'abc')).toBe(3);
  expect(distance('kitten', 'sitting')).toBe(3);
});

test('only a near word is proposed', () => {
  const names = ['tcpconnect', 'mkdirsnoop', 'loader'];
  expect(nearest('tcpconect', names)).toBe('tcpconnect');
  expect(nearest('load', names)).toBe('loader');
  expect(nearest('xyz', names)).toBeNull();
});

test('every binary of the workspace is found, with what it does', () => {
  const all = binaries();
  expect([...all.keys()]).toEqual(expect.arrayContaining(['loader', 'mkdirsnoop', 'tcpconnect']));
  for (const { path, description } of all.values()) {
    expect(path.startsWith(join(ROOT, 'packages'))).toBe(true);
    expect(existsSync(path)).toBe(true);
    expect(description).not.toBe('');
  }
});

test('an unknown tool is a usage error: list and near match on stderr, nothing on stdout', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'tools/start.mjs'), 'tcpconect'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/no tool tcpconect[\s\S]*Did you mean tcpconnect\?[\s\S]*mkdirsnoop/);
});
