import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { Child, newFolder } from './fixture/run.js';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

it('the example of the README works', async () => {
  const cwd = newFolder();
  const [, source = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  writeFileSync(join(cwd, 'procs.ts'), source);
  buildSync({
    entryPoints: [join(cwd, 'procs.ts')],
    outfile: join(cwd, 'procs.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { '@imagesnoop/output': join(import.meta.dirname, '..', 'src', 'index.ts') },
    external: ['yargs'],
  });
  const child = new Child(process.execPath, ['procs.mjs', '-o', 'json', '--least', '1M'], { cwd });
  expect(await child.end()).toBe(0);
  const rows = child.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const own = rows.find(({ pid }) => pid === child.process.pid);
  expect(own).toMatchObject({ type: 'process', comm: expect.stringContaining('node') });
  expect(own.rss_bytes).toBeGreaterThan(2 ** 20);
  expect(rows.at(-1)).toMatchObject({ type: 'summary', events: rows.length - 1, lost: 0 });
});
