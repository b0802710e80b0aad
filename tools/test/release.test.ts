import { expect, test } from 'vitest';
import { expectedFiles } from '../release.mjs';

test('a tool carries its binary and its object, bpf-core its addons', () => {
  const tool = { files: ['dist', 'bpf'], bin: { x: './dist/bin.js' } };
  expect(expectedFiles('x', tool)).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'dist/bin.js', 'bpf/x.bpf.o']),
  );
  expect(expectedFiles('bpf-core', { files: ['dist', 'prebuilds'] })).toEqual(
    expect.arrayContaining(['prebuilds/linux-x64.node', 'prebuilds/linux-arm64.node']),
  );
});
