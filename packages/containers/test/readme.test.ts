import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';

const here = import.meta.dirname;
const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-readme-'));
afterAll(() => rmSync(dir, { recursive: true }));

const examples = [
  ...readFileSync(join(here, '../README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms),
].map(([, code = '']) => code);

test.each(examples.map((code, i) => [i + 1, code] as const))('example %i runs', async (i, code) => {
  const outfile = join(dir, `${i}.mjs`);
  await build({
    stdin: { contents: code, loader: 'ts', resolveDir: here },
    alias: { '@imagesnoop/containers': join(here, '../src/index.ts') },
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' },
  });
  const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
  if (i === 1) expect(stdout).toMatch(/^not in a container \d+ run here\nnull\n$/);
  if (i === 2) expect(stdout).toMatch(/^include /m);
});

test('there are examples', () => expect(examples).toHaveLength(4));
