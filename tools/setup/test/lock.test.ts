import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock } from '../lock.mjs';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagesnoop-lock-'));
  path = join(folder, 'deep', 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('only one holds the lock at a time, and it is gone at the end', async () => {
  const order: string[] = [];
  const work = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`${name} ends`);
  };
  const waited = vi.fn();
  await Promise.all([withLock(path, work('a')), withLock(path, work('b'), waited)]);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  expect(waited).toHaveBeenCalledExactlyOnceWith(String(process.pid));
  expect(existsSync(path)).toBe(false);
});

test('a failure frees the lock', async () => {
  const failing = withLock(path, async () => {
    throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  expect(await withLock(path, async () => 'again')).toBe('again');
});

test.each(['', '999999999 1', `${process.pid} 1`, 'nonsense'])(
  'the lock of a process that is gone (%j) is taken over',
  async (owner) => {
    await withLock(path, async () => {});
    writeFileSync(path, owner);
    const waited = vi.fn();
    expect(await withLock(path, async () => 'done', waited)).toBe('done');
    expect(waited).not.toHaveBeenCalled();
  },
);
