// Runs the benchmarks of this folder, or those named: `pnpm bench [lookup] [lead]`. As root.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const named = process.argv.slice(2);
const out = mkdtempSync(join(tmpdir(), 'imagesnoop-bench-'));
try {
  for (const name of named.length > 0 ? named : ['lookup', 'lead']) {
    const outfile = join(out, `${name}.mjs`);
    const entryPoints = [join(import.meta.dirname, `${name}.ts`)];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm' });
    await import(pathToFileURL(outfile).href);
  }
} finally {
  rmSync(out, { recursive: true });
}
