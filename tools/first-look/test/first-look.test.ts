import { expect, test } from 'vitest';
import { choose } from '../index.mjs';
import { openWorkload } from '../workload.mjs';

test('all rows are shown when there are few', () => {
  expect(choose(['1 a', '2 b'], 2)).toEqual(['1 a', '2 b']);
});

test('our own row is among the first of many, and the rest is counted', () => {
  const rows = [...Array.from({ length: 30 }, (_, index) => `${index} busy`), '99 first-look'];
  expect(choose(rows, 4)).toEqual(['0 busy', '1 busy', '99 first-look', '... and 28 more']);
  expect(choose(Array(5).fill('same'), 3)).toEqual(['same', 'same', '... and 3 more']);
});

test('the workload can act more than once and puts the process name back', async () => {
  const title = process.title;
  const workload = await openWorkload();
  await workload.act();
  await workload.act();
  workload.close();
  expect(process.title).toBe(title);
});
