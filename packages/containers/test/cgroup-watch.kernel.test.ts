// Cgroups are known by their ids from the moment that they are made.
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lacksRoot, requireKernel } from '../../../tools/testing/kernel.js';
import { CgroupWatch } from '../src/cgroup-watch.js';
import { CgroupTree } from '../src/cgroups.js';
import { unique } from './runtimes.js';

const tree = CgroupTree.system();
const lack = lacksRoot() ?? (tree.mount === null ? 'needs cgroup v2' : null);
const name = `/imagesnoop-${unique()}`;
const made: string[] = [];
let watch: CgroupWatch;

beforeEach((context) => {
  requireKernel(context, lack);
  watch = new CgroupWatch(tree);
});
afterEach(() => {
  watch?.close();
  for (const path of made.splice(0).reverse()) rmdirSync(path);
});

function make(path: string): number {
  const folder = join(tree.mount as string, path);
  mkdirSync(folder);
  made.push(folder);
  return statSync(folder).ino;
}

/** inotify's news come at the next turns of the event loop. */
async function known(id: number) {
  await expect.poll(() => watch.get(id)).toBeDefined();
  return watch.get(id);
}

test('made after the start, also below each other, and remembered when they are gone', async () => {
  const old = make(name);
  watch.start();
  const child = make(`${name}/a`);
  const grandchild = make(`${name}/a/b`);
  expect(await known(child)).toEqual({ path: `${name}/a`, uid: 0 });
  expect(await known(grandchild)).toEqual({ path: `${name}/a/b`, uid: 0 });
  expect(watch.get(old)).toBeUndefined();
  rmdirSync(made.pop() as string);
  const again = make(`${name}/a/b`);
  expect(await known(again)).toEqual({ path: `${name}/a/b`, uid: 0 });
  expect(watch.get(grandchild)).toEqual({ path: `${name}/a/b`, uid: 0 });
});
