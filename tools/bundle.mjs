// Builds one package, from its own folder: declarations by tsc, then one ESM file per entry
// (src/index.ts, and src/bin.ts where there is one) by esbuild.
//
// A tool's binary carries all it needs in one file, because each further module costs start-up
// time; only the loader stays outside, since bpf-core finds its native addon next to itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const short = manifest.name.replace('@imagesnoop/', '');

execFileSync('tsc', ['-b', '.'], { stdio: 'inherit' });

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: false,
  legalComments: 'none',
  outdir: 'dist',
};

await build({ ...common, entryPoints: ['src/index.ts'], packages: 'external' });
if (existsSync('src/bin.ts')) {
  await build({
    ...common,
    entryPoints: ['src/bin.ts'],
    external: ['@imagesnoop/bpf-core', ...(short === 'loader' ? [] : ['@imagesnoop/loader'])],
    banner: {
      // yargs' CommonJS dependencies call require() for Node's own modules.
      js: "#!/usr/bin/env node\nimport { createRequire as imagesnoopRequire } from 'node:module';\nconst require = imagesnoopRequire(import.meta.url);",
    },
  });
}
