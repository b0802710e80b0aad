// A copy of what is tested: every kernel of a run gets the same files, and files that someone edits
// meanwhile do not change under a guest (which would see half of each).
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, repository } from './base.mjs';

/** Sources, objects and bundles; dependencies in the root's node_modules are shared as they are. */
const FOLDERS = ['bpf', 'packages', 'tools'];

/**
 * Copies the folders of the repository that change while people work, and gives the copy to `use`.
 * @template T
 * @param {(directory: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withSnapshot(use) {
  mkdirSync(cache, { recursive: true });
  removeAbandoned();
  const directory = mkdtempSync(join(cache, `snapshot-${process.pid}-`));
  try {
    for (const folder of FOLDERS) {
      cpSync(join(repository, folder), join(directory, folder), {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
      });
    }
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Copies of runs that were killed. */
function removeAbandoned() {
  for (const name of readdirSync(cache)) {
    const owner = /^snapshot-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`))
      rmSync(join(cache, name), { recursive: true, force: true });
  }
}
