import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { extendedAttributes } from '../src/index.js';

// overlayfs writes attributes of its own: an opaque directory is one that was removed and made anew.
let dir: string;
const lack = lacksRoot();
beforeEach((context) => requireKernel(context, lack));
beforeAll(() => {
  if (lack !== null) return;
  dir = mkdtempSync(join(tmpdir(), 'imagesnoop-xattr-'));
  for (const name of ['lower', 'lower/was', 'upper', 'work', 'merged']) mkdirSync(join(dir, name));
  const layers = `lowerdir=${dir}/lower,upperdir=${dir}/upper,workdir=${dir}/work`;
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, `${dir}/merged`]);
  rmdirSync(join(dir, 'merged/was'));
  mkdirSync(join(dir, 'merged/was'));
  execFileSync('umount', [`${dir}/merged`]);
});
afterAll(() => lack ?? rmSync(dir, { recursive: true }));

const of = (path: string) => extendedAttributes(Buffer.from(join(dir, path)));

test('reads names and values', () => {
  const value = of('upper/was').get('trusted.overlay.opaque');
  expect(Buffer.from(value ?? []).toString()).toBe('y');
});

test('a link has its own, not those of its target', () => {
  symlinkSync('was', join(dir, 'upper/link'));
  expect([...of('upper/link').keys()]).not.toContain('trusted.overlay.opaque');
});

test('a file that is not there is an error with its errno', () => {
  expect(() => of('nowhere')).toThrow(
    expect.objectContaining({ code: 'BPF_FILE_FAILED', errno: 2 }),
  );
  expect(() => extendedAttributes(Buffer.from('a\0b'))).toThrow(
    expect.objectContaining({ code: 'BPF_INVALID_ARGUMENT' }),
  );
});
