import { expect, test } from 'vitest';
import { lacksBtf, lacksRoot, requireKernel } from '../../testing/kernel.js';
import { COLUMNS } from '../columns.mjs';
import { firstLook } from '../index.mjs';

test('the first look sees its own program, connections and directory, and explains each column', async (context) => {
  requireKernel(context, lacksRoot() ?? lacksBtf());
  const lines: string[] = [];
  await firstLook((line) => lines.push(line));
  expect(lines.some((line) => / true +true first-look$/.test(line))).toBe(true);
  const own = lines.filter((line) => / first-look /.test(line));
  expect(own.some((line) => / 127\.0\.0\.1 /.test(line) && !/ECONNREFUSED/.test(line))).toBe(true);
  expect(own.some((line) => /ECONNREFUSED/.test(line))).toBe(true);
  expect(own.some((line) => /\/imagesnoop-\w+\/first-look-1/.test(line))).toBe(true);
  const headers = lines.filter((line) => /^ +PID /.test(line) && / COMM /.test(line));
  const explained = Object.values(COLUMNS).map((columns) => Object.keys(columns).join(' '));
  expect(headers.map((line) => line.trim().split(/\s+/).join(' '))).toEqual(explained);
  expect(lines.at(-1)).toMatch(/loader doctor/);
});
