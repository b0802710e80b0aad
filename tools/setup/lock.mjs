// One set-up at a time in a workspace, however the one before ended.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const POLL_MS = 200;

/** A living process as nobody else can be: its id and the clock tick in which it started. */
function identity(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? null : `${pid} ${fields[19]}`;
  } catch {
    return null;
  }
}

/**
 * Runs `work` while this process alone holds the lock file.
 *
 * @template T
 * @param {string} path the lock file; one whose owner is dead is taken over
 * @param {() => Promise<T>} work
 * @param {(pid: string) => void} [onWait] told once who holds the lock
 * @returns {Promise<T>} what `work` returned
 */
export async function withLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; !take(path); ) {
    const owner = readOwner(path);
    const [pid] = owner.split(' ');
    if (identity(pid) !== owner) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) onWait(pid);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

// Linked into place, so that the file is never seen without its owner.
function take(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, identity(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readOwner(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
