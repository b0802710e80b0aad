import { expect, test } from 'vitest';
import { Names } from '../src/dns/names.js';

const ADDRESS = Uint8Array.of(192, 0, 2, 1);
const SECOND = 1e9;
const asker = (pid: number, mntns = 1, netns = 2) => ({ pid, mntns, netns });
const answer = (name: string, ttl: number, address = ADDRESS) => ({
  name,
  addresses: [{ address, ttl }],
});

test('a process is believed before its neighbours, and neighbours before nobody', () => {
  const names = new Names();
  names.learn(answer('mine.test', 300), asker(1), 0);
  names.learn(answer('theirs.test', 300), asker(2), 0);
  expect(names.find(ADDRESS, asker(1), SECOND)).toBe('mine.test');
  expect(names.find(ADDRESS, asker(3), SECOND)).toBe('theirs.test');
});

test('other mount or network namespaces know nothing of it', () => {
  const names = new Names();
  names.learn(answer('a.test', 300), asker(1), 0);
  expect(names.find(ADDRESS, asker(3, 9, 2), SECOND)).toBe(null);
  expect(names.find(ADDRESS, asker(3, 1, 9), SECOND)).toBe(null);
});

test('an answer holds for its lifetime, at least a minute and at most a day', () => {
  const names = new Names();
  names.learn(answer('a.test', 120), asker(1), 0);
  expect(names.find(ADDRESS, asker(1), 120 * SECOND)).toBe('a.test');
  expect(names.find(ADDRESS, asker(1), 121 * SECOND)).toBe(null);
  names.learn(answer('b.test', 0), asker(1), 0);
  expect(names.find(ADDRESS, asker(1), 59 * SECOND)).toBe('b.test');
  names.learn(answer('c.test', 2 ** 32 - 1), asker(1), 0);
  expect(names.find(ADDRESS, asker(1), 86_401 * SECOND)).toBe(null);
});

test('the oldest entry goes when there are too many', () => {
  const names = new Names(10);
  for (let i = 0; i < 1000; i++)
    names.learn(answer(`${i}.test`, 300, Uint8Array.of(10, 0, i >> 8, i & 255)), asker(i), 0);
  expect(names.size).toBe(10);
  expect(names.find(Uint8Array.of(10, 0, 999 >> 8, 999 & 255), asker(999), 0)).toBe('999.test');
  expect(names.find(Uint8Array.of(10, 0, 0, 0), asker(0), 0)).toBe(null);
});
