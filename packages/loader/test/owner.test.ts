import { expect, test } from 'vitest';
import { Cursor, Layout, OwnerKey } from '../src/index.js';
import { EVENT } from './structs.js';

const key = new OwnerKey(new Layout(EVENT));

/** A record in which one byte differs. */
function record(at?: number): Cursor {
  const bytes = Buffer.alloc(EVENT.size, 1);
  if (at !== undefined) bytes[at] = 2;
  return Cursor.over(bytes);
}

test.each([
  ['time', 0, true],
  ['cgroup', 8, false],
  ['type', 16, true],
  ['process', 20, false],
  ['thread', 24, false],
  ['end of the name', 63, false],
  ['what is behind the header', 64, true],
])('another %s: is the owner the same?', (_what, at, same) => {
  const words = new Int32Array(key.words);
  key.copy(record(), words);
  expect(key.matches(record(), words)).toBe(true);
  expect(key.matches(record(at), words)).toBe(same);
});
