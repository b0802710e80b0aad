// Results that are made only when missing or when what they are made from has changed, and that
// are either whole or absent: each is made in a scratch folder and moved into place at the end.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT } from '../setup/paths.mjs';

const STAMP = '.stamp';

/**
 * Key of a result: changes when a text or the content of a file changes, not when the workspace moves.
 * @param {readonly string[]} texts
 * @param {readonly string[]} [files]
 */
export function keyOf(texts, files = []) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}`);
  for (const file of [...files].sort())
    hash.update(`${relative(ROOT, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** Every file below a folder whose name matches. */
export function filesIn(folder, pattern) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Whether `folder` holds the result for `key`. */
export function isFresh(folder, key) {
  const stamp = join(folder, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === key;
}

/**
 * Makes `folder` by `make(scratch)` unless it is fresh.
 * @param {string} folder
 * @param {string} key
 * @param {(scratch: string) => Promise<void>} make
 * @returns {Promise<boolean>} whether it was made now
 */
export async function ensure(folder, key, make) {
  if (isFresh(folder, key)) return false;
  const scratch = `${folder}.${process.pid}.new`;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  try {
    await make(scratch);
    writeFileSync(join(scratch, STAMP), key);
    replace(scratch, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  sweep(folder);
  return true;
}

/** Puts a finished folder in the place of the old one. */
function replace(scratch, folder) {
  const old = `${folder}.${process.pid}.old`;
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(scratch, folder);
  rmSync(old, { recursive: true, force: true });
}

/** Removes what builds that were killed have left beside `folder`. */
function sweep(folder) {
  const name = folder.slice(dirname(folder).length + 1);
  for (const entry of readdirSync(dirname(folder))) {
    const [, pid] = entry.match(/\.(\d+)\.(?:new|old)$/) ?? [];
    if (pid === undefined || !entry.startsWith(`${name}.`) || existsSync(`/proc/${pid}`)) continue;
    rmSync(join(dirname(folder), entry), { recursive: true, force: true });
  }
}
