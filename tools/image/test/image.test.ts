import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { understand } from '../build.mjs';
import { install } from '../modules.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagesnoop-image-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content: string | object): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

describe('the command line', () => {
  test('has defaults that docker load takes', () => {
    expect(understand(['--arch', 'arm64'])).toEqual({
      tag: 'imagesnoop:latest',
      arch: 'arm64',
      format: 'docker-archive',
      path: '.cache/image/imagesnoop-arm64.tar',
    });
    expect(understand(['--output', 'oci-archive:/a:b.tar'])).toMatchObject({
      format: 'oci-archive',
      path: '/a:b.tar',
    });
  });

  test.each([
    [['--arch', 'riscv64'], /no image for riscv64/],
    [['--output', 'image.tar'], /expected FORMAT:FILE, got 'image.tar'/],
    [['--output', 'dir:/x'], /expected FORMAT:FILE/],
    [['--tags', 'x'], /--tags/],
  ])('refuses %j', (args, message) => {
    expect(() => understand(args)).toThrow(message);
  });
});

describe('the entry', () => {
  const entry = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'entry.mjs'), ...args], { encoding: 'utf8' });

  beforeEach(() => {
    cpSync(join(import.meta.dirname, '..', 'entry.mjs'), join(folder, 'entry.mjs'));
    const ours = 'node_modules/@imagesnoop';
    const description = 'What a tool is for, in words that take more than one line of a terminal';
    put(`${ours}/seer/package.json`, { type: 'module', bin: { seer: './bin.js' }, description });
    put(`${ours}/seer/bin.js`, 'console.log(JSON.stringify(process.argv.slice(2)));');
    put(`${ours}/library/package.json`, { description: 'No command' });
  });

  test('runs the tool that is named, with its arguments', () => {
    expect(entry('seer', '--a', 'b c')).toMatchObject({ status: 0, stdout: '["--a","b c"]\n' });
  });

  test('lists the tools, at most 80 columns wide', () => {
    const { status, stdout } = entry();
    expect(status).toBe(0);
    expect(stdout).toContain('\n  seer             What a tool is for');
    expect(stdout).not.toContain('library');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('says which there are when there is none of that name', () => {
    const { status, stdout, stderr } = entry('../library');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^imagesnoop: there is no tool "..\/library"\n[\s\S]*seer/);
  });
});

describe('dependencies of packages', () => {
  const module = (path: string, version: string, dependencies = {}) =>
    put(`${path}/package.json`, { version, dependencies });
  const versionAt = (path: string) =>
    JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8')).version;

  test('come with theirs, each version once where it can be', () => {
    module('from/node_modules/a', '1.0.0', { b: '*' });
    module('from/node_modules/b', '1.0.0');
    module('from/node_modules/c', '1.0.0', { b: '*' });
    module('from/node_modules/c/node_modules/b', '2.0.0');
    const manifest = { dependencies: { a: '*', c: '*', '@imagesnoop/other': '*' } };
    install(manifest, join(folder, 'from'), join(folder, 'top'), join(folder, 'top/parent'));
    expect(versionAt('top/a')).toBe('1.0.0');
    expect(versionAt('top/b')).toBe('1.0.0');
    expect(versionAt('top/c/node_modules/b')).toBe('2.0.0');
    expect(existsSync(join(folder, 'top/@imagesnoop'))).toBe(false);
  });

  test('that are not installed are told', () => {
    const manifest = { dependencies: { absent: '*' } };
    const absent = () => install(manifest, folder, join(folder, 'top'), join(folder, 'top/parent'));
    expect(absent).toThrow(/absent is not installed for /);
  });
});
