// What a user sees where the addon is missing or does not load. The built package is copied to a
// folder of its own.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const ADDON = `prebuilds/linux-${process.arch}.node`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagesnoop-addon-'));
  cpSync(DIST, join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  mkdirSync(join(folder, 'prebuilds'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(): { code: string; message: string; hint: string } {
  const script = `import('${join(folder, 'dist/index.js')}').then(
    ({ possibleCpus }) => possibleCpus() && console.log('{"code":"fine"}'),
  ).catch(({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })));`;
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
}

test('a missing addon is told with its path and the remedy', () => {
  const { code, message, hint } = load();
  expect(code).toBe('BPF_ADDON_MISSING');
  expect(message).toBe(
    `cannot load the native addon ${join(folder, ADDON)}: there is no such file`,
  );
  expect(hint).toMatch(/linux-x64 and linux-arm64/);
});

test('an addon that does not load is told with the loader’s reason', () => {
  writeFileSync(join(folder, ADDON), 'not an addon');
  const { code, message, hint } = load();
  expect(code).toBe('BPF_ADDON_MISSING');
  expect(message).toMatch(/invalid ELF header|file too short/);
  expect(hint).toMatch(/glibc 2\.28/);
});

test('the package needs nothing but its own two folders', () => {
  cpSync(fileURLToPath(new URL(`../${ADDON}`, import.meta.url)), join(folder, ADDON));
  expect(load().code).toBe('fine');
});
