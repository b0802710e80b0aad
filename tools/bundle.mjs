// Builds one package, from its own folder: declarations by tsc, then one ESM file per entry
// (src/index.ts, and src/bin.ts where there is one) by esbuild.
//
// A tool's binary carries what it needs to start in one file, because each further module costs
// start-up time; what it may need later (import()) lies beside it in dist/later-*.js, not in a folder
// of its own, so that paths relative to import.meta.url mean the same in both. Only the loader stays
// outside, since bpf-core finds its native addon next to itself.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { name } = JSON.parse(readFileSync('package.json', 'utf8'));

execFileSync('tsc', ['-b', '.'], { stdio: 'inherit' });
for (const file of readdirSync('dist').filter((each) => each.startsWith('later'))) {
  rmSync(`dist/${file}`, { recursive: true });
}

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'none',
  outdir: 'dist',
};

await build({ ...common, entryPoints: ['src/index.ts'], packages: 'external' });
if (existsSync('src/bin.ts')) {
  const own = name === '@imagesnoop/loader' ? [] : ['@imagesnoop/loader'];
  await build({
    ...common,
    entryPoints: ['src/bin.ts'],
    external: ['@imagesnoop/bpf-core', ...own],
    splitting: true,
    chunkNames: 'later-[name]-[hash]',
    minifySyntax: true,
    banner: {
      // CommonJS dependencies call require() for Node's own modules.
      js: "import { createRequire as imagesnoopRequire } from 'node:module';\nconst require = imagesnoopRequire(import.meta.url);",
    },
  });
}
