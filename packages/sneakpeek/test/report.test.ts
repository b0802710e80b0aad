import type { BigIntStats } from 'node:fs';
import { expect, test } from 'vitest';
import type { Change } from '../src/files/changes.js';
import { type ReportData, reportPage } from '../src/report/page.js';
import { ChangeTree } from '../src/report/tree.js';

const stat = (size: number, ms: number) =>
  ({ size: BigInt(size), mode: 0o100644n, uid: 0n, mtimeMs: BigInt(ms) }) as unknown as BigIntStats;
const change = (change: Change['change'], path: string, size = 0, ms = 0): Change => ({
  ...{ change, path, kind: 'file', stat: stat(size, ms), file: null },
});

function pageOf(all: readonly Change[], data: Partial<ReportData> = {}): string {
  const tree = new ChangeTree();
  for (const each of all) tree.add(each);
  const container = {
    ...{ id: 'f'.repeat(64), name: 'web', image: 'nginx', runtime: 'docker' as const },
    ...{ k8s: null, pid: null, mntns: null, cgroupId: null },
  };
  const rest = { base: 'its image', madeAt: new Date(0), writers: null, watchedMs: 0 };
  return [...reportPage({ container, tree, ...rest, ...data })].join('');
}

test('names of files are text, whatever they are', () => {
  const page = pageOf([change('A', '/<script>alert(1)</script>&"\'/\xff\x1b[2J')], {
    writers: [{ comm: '<u>', argv: '<s>', changes: 1, paths: ['</td>'] }],
  });
  expect(page).not.toMatch(/<script|<u>|<s>|<\/td><\/td>/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;');
  expect(page).toContain('\\xff\\x1b[2J');
});

test('nothing is loaded, and nothing runs', () => {
  const page = pageOf([]);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).not.toMatch(/\s(src|href|on\w+)=/);
  expect(page).toContain('Nothing has changed.');
});

test('sums, largest and newest', () => {
  const page = pageOf([
    ...[change('A', '/a/small', 1, 3000), change('C', '/a/large', 2048, 1000)],
    ...[change('A', '/a/new', 5, 9000), change('D', '/gone', 1 << 20)],
  ]);
  expect(page).toContain('<b>2</b><span>added');
  expect(page).toContain('<b>1</b><span>deleted');
  expect(page).toContain('<b>2 KB</b><span>in files');
  const order = (title: string) =>
    [
      ...(page.split(`<h2>${title}</h2>`)[1]?.split('</section>')[0] ?? '').matchAll(
        /a\/<wbr>(\w+)/g,
      ),
    ].map(([, name]) => name);
  expect(order('Largest')).toEqual(['large', 'new', 'small']);
  expect(order('Newest')).toEqual(['new', 'small', 'large']);
  expect(page).toContain('<b class="A">2 A</b> <b class="C">1 C</b> 2 KB');
});

test('a directory with very many names is cut, and says so', () => {
  const all = Array.from({ length: 3000 }, (_, i) => change('A', `/many/f${i}`));
  const page = pageOf(all);
  expect(page.match(/class="leaf"/g)).toHaveLength(1000);
  expect(page).toContain('and 2000 more, not shown');
});

test('very deep names do not break it', () => {
  const page = pageOf([change('A', '/d'.repeat(20_000))]);
  expect(page).toContain('deeper names are not shown');
});
