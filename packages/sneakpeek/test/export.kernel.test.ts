import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requireKernel } from '../../../tools/testing/kernel.js';
import { lacksOverlay } from '../../containers/test/overlay.js';
import { type Exported, writeLayer } from '../src/export/layer.js';
import { MergedTree } from '../src/files/merged-tree.js';
import { randomOperations } from './operations.js';
import { differences, type TestOverlay, testOverlay } from './overlays.js';

const lack = lacksOverlay();
beforeEach((context) => requireKernel(context, lack));
const made: TestOverlay[] = [];
afterEach(() => {
  for (const overlay of made.splice(0)) overlay.remove();
});

function overlayOf(): TestOverlay {
  const overlay = testOverlay(2, ['redirect_dir=on', 'metacopy=on']);
  made.push(overlay);
  return overlay;
}

async function layerOf({ lowers, upper }: TestOverlay, path: string): Promise<Exported> {
  const out = await open(path, 'w');
  const [base, now] = [new MergedTree(lowers), new MergedTree([upper, ...lowers])];
  try {
    return await writeLayer(base, now, out, new AbortController().signal);
  } finally {
    await out.close();
  }
}

/** Does to a copy of a tree what a runtime does with a layer: removes, then unpacks. */
function apply(base: string, tar: string, into: string): void {
  execFileSync('cp', ['-a', `${base}/.`, into]);
  for (const [isDirectory, name] of membersOf(tar)) {
    const at = name.lastIndexOf('/') + 1;
    const isWhiteout = name.slice(at).startsWith('.wh.');
    const target = Buffer.from(
      `${into}/${name.slice(0, at)}${name.slice(isWhiteout ? at + 4 : at)}`,
      'latin1',
    );
    const there = fs.lstatSync(target, { throwIfNoEntry: false });
    const isReplaced = there !== undefined && (!isDirectory || !there.isDirectory());
    if (isWhiteout || isReplaced) fs.rmSync(target, { recursive: true });
  }
  execFileSync('tar', ['-xf', tar, '-C', into, '--numeric-owner', '-p', '--exclude=.wh.*']);
}

/** Whether it is a directory, and its name as latin1, of each member. */
function membersOf(tar: string): [boolean, string][] {
  const script = `
import sys, tarfile
for m in tarfile.open(sys.argv[1], encoding="latin1"):
  sys.stdout.buffer.write((b"d" if m.isdir() else b"f") + m.name.encode("latin1") + b"\\0")`;
  const list = execFileSync('python3', ['-c', script, tar], { maxBuffer: 64 << 20 });
  return list
    .toString('latin1')
    .split('\0')
    .slice(0, -1)
    .map((each) => [each.startsWith('d'), each.slice(1)]);
}

test('a layer, applied to the image, makes the tree of the container', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const overlay = overlayOf();
    for (const [i, lower] of overlay.lowers.entries()) randomOperations(lower, 120, seed * 97 + i);
    overlay.mount();
    randomOperations(overlay.merged, 80, seed);
    const tar = join(overlay.upper, '../layer.tar');
    const into = join(overlay.upper, '../applied');
    fs.mkdirSync(into);
    const { files, deleted } = await layerOf(overlay, tar);
    expect(files + deleted).toBeGreaterThan(10);
    apply(overlay.base, tar, into);
    expect(differences(overlay.merged, into), `seed ${seed}`).toEqual([]);
    overlay.remove();
  }
});

test('long names, links, devices, large ids, parts of a second', async () => {
  const overlay = overlayOf();
  overlay.mount();
  const m = (name: string) => join(overlay.merged, name);
  const long = 'n'.repeat(200);
  fs.mkdirSync(m(long));
  fs.writeFileSync(m(`${long}/${long}`), 'x');
  fs.symlinkSync('t'.repeat(150), m('link'));
  fs.linkSync(m(`${long}/${long}`), m('second-name'));
  fs.chownSync(m('second-name'), 3_000_000_000, 4_000_000);
  execFileSync('mknod', [m('null'), 'c', '1', '3']);
  execFileSync('mkfifo', [m('fifo')]);
  fs.writeFileSync(m('.wh.mine'), '');
  const tar = join(overlay.upper, '../layer.tar');
  const into = join(overlay.upper, '../applied');
  fs.mkdirSync(into);
  const { skipped, sha256 } = await layerOf(overlay, tar);
  expect(skipped).toEqual(['/.wh.mine']);
  expect(execFileSync('sha256sum', [tar]).toString()).toContain(sha256);
  apply(overlay.base, tar, into);
  expect(differences(overlay.merged, into)).toEqual(['D /.wh.mine']);
  expect(fs.statSync(join(into, 'second-name')).ino).toBe(fs.statSync(join(into, long, long)).ino);
});
