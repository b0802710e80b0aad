// Builds one package, from its own folder: declarations by tsc, then one ESM file per entry
// (src/index.ts, what else package.json exports, and src/bin.ts where there is one) by esbuild.
//
// A tool's binary carries what it needs to start in one file, because each further module costs
// start-up time; what it may need later (import()) lies beside it in dist/later-*.js, not in a folder
// of its own, so that paths relative to import.meta.url mean the same in both. The loader stays outside,
// since bpf-core finds its native addon next to itself, and telemetry, since it starts a thread from a
// file next to itself and one copy is enough for all tools.
//
// A library is one file without parts, since they could not be read any more once root is given up. It
// takes in what users do not install beside it: devDependencies. dist/bundled.txt has their licences.
// What runs in a process or thread of its own (*-process.ts, *-thread.ts) is a file of its own.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { bundledPackages, notices } from './bundled.mjs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { name, exports } = manifest;

execFileSync('tsc', ['-b', '.'], { stdio: 'inherit' });

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'none',
  outdir: 'dist',
  metafile: true,
};
// CommonJS dependencies call require() for Node's own modules. Where other packages take a library
// into their files, it must not bring this twice; that of a tool nobody takes in.
const banner = {
  js: "import { createRequire as imagesnoopRequire } from 'node:module';\nconst require = imagesnoopRequire(import.meta.url);",
};
const isTool = existsSync('src/bin.ts');
if (isTool) common.banner = banner;
// Generated code of others is mostly white space.
const takesIn = Object.keys(manifest.devDependencies ?? {}).filter(
  (each) => !/^@(types|imagesnoop)\//.test(each),
);
if (takesIn.length > 0) common.minifyWhitespace = true;
const metafiles = [];

const alone = readdirSync('src').filter((file) => /-(process|thread)\.ts$/.test(file));
// What else a package exports: ./dist/decode/index.js is made of src/decode/index.ts.
const others = Object.values(exports ?? {})
  .map((entry) => /^\.\/dist\/(.+)\.js$/.exec(entry.default ?? '')?.[1])
  .filter((path) => path !== undefined && path !== 'index')
  .map((path) => `${path}.ts`);
const external = Object.keys(manifest.dependencies ?? {});
for (const file of ['index.ts', ...others, ...alone]) {
  const entry = { entryPoints: [`src/${file}`], outbase: 'src', external };
  // Nobody takes it in. Where a package is there in both forms, ES modules lose what is not used.
  if (alone.includes(file)) {
    const slim = { minifySyntax: true, minifyWhitespace: true };
    Object.assign(entry, { banner, mainFields: ['module', 'main'], ...slim });
  }
  metafiles.push((await build({ ...common, ...entry })).metafile);
}
if (isTool) {
  const own = name === '@imagesnoop/loader' ? [] : ['@imagesnoop/loader'];
  const { metafile } = await build({
    ...common,
    entryPoints: ['src/bin.ts'],
    external: ['@imagesnoop/bpf-core', '@imagesnoop/telemetry', ...own],
    splitting: true,
    chunkNames: 'later-[name]-[hash]',
    minifySyntax: true,
  });
  metafiles.push(metafile);
}

// Only now: what runs, and a build that fails, finds the parts of the build before.
const outputs = metafiles.flatMap((each) => Object.keys(each.outputs));
const made = new Set(outputs.map((path) => basename(path)));
for (const file of readdirSync('dist'))
  if (file.startsWith('later') && !made.has(file)) rmSync(`dist/${file}`, { recursive: true });
const copies = bundledPackages(metafiles);
if (copies.length > 0) writeFileSync('dist/bundled.txt', notices(copies));
