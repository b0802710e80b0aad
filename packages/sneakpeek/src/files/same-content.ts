import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type BytePath, forFs } from './byte-path.js';
import { unreadable } from './errors.js';

const CHUNK_BYTES = 256 << 10;
const [left, right] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];

/** Whether two regular files hold the same bytes. Nothing that is no longer a file is waited for. */
export function sameContent(a: BytePath, b: BytePath): boolean {
  if (a === b) return true;
  const first = open(a);
  try {
    const second = open(b);
    try {
      for (;;) {
        const [read, also] = [fill(first, left), fill(second, right)];
        if (left.compare(right, 0, also, 0, read) !== 0) return false;
        if (read < CHUNK_BYTES) return true;
      }
    } finally {
      closeSync(second);
    }
  } finally {
    closeSync(first);
  }
}

function open(path: BytePath): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return openSync(forFs(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw unreadable('read', path, error);
  }
}

/** Fills the buffer as far as the file goes. */
function fill(fd: number, into: Buffer): number {
  let length = 0;
  while (length < into.length) {
    const read = readSync(fd, into, length, into.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return length;
}
