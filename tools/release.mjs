#!/usr/bin/env node
// Publishes what has a new version: `npm run bump` first, then `npm run release`. With --dry-run
// nothing leaves the machine: the packages are packed into .cache/release, checked and listed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runChecks } from './check.mjs';
import { buildNative } from './native/build.mjs';
import { filesInTarball, packAll } from './packages/pack.mjs';
import { SetupError } from './setup/error.mjs';
import { guarded, setup } from './setup/index.mjs';
import { ROOT, toolEnv } from './setup/paths.mjs';

const ARCHES = ['x64', 'arm64'];
const TARBALLS = join(ROOT, '.cache', 'release');

/** What a package has to carry, by its folder's name and manifest. */
export function expectedFiles(name, manifest) {
  const own = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'];
  if (manifest.bin !== undefined) own.push(...Object.values(manifest.bin).map(withoutDot));
  if (name === 'bpf-core') own.push(...ARCHES.map((arch) => `prebuilds/linux-${arch}.node`));
  if (manifest.files.includes('bpf')) own.push(`bpf/${name}.bpf.o`);
  own.push(...manifest.files.filter((path) => path.startsWith('schema/')));
  return own;
}

function withoutDot(path) {
  return path.replace(/^\.\//, '');
}

/** Packs every package, as publishing would, and returns what is missing from the tarballs. */
async function pack() {
  rmSync(TARBALLS, { recursive: true, force: true });
  mkdirSync(TARBALLS, { recursive: true });
  const lacks = [];
  for (const { folder, manifest, tarball } of await packAll(TARBALLS)) {
    const files = await filesInTarball(tarball);
    console.log(`${basename(tarball)}: ${files.length} files, ${statSync(tarball).size} bytes`);
    const missing = expectedFiles(basename(folder), manifest).filter(
      (path) => !files.includes(path),
    );
    lacks.push(...missing.map((path) => `${manifest.name} lacks ${path}`));
  }
  return lacks;
}

/** Builds the addon for every architecture that it is published for. */
export async function buildAddons() {
  for (const arch of ARCHES) {
    await buildNative({ arch, report: (line) => process.stderr.write(`${line}\n`) });
  }
}

async function main() {
  await setup({ lists: ['build', 'check'] });
  await buildAddons();
  const { failed } = await runChecks();
  if (failed > 0) throw new SetupError('Checks fail', 'Nothing was published; see above.');
  const missing = await pack();
  if (missing.length > 0) throw new SetupError(missing.join('\n'), 'Nothing was published.');
  if (process.argv.includes('--dry-run')) return;
  execFileSync('changeset', ['publish'], { cwd: ROOT, env: toolEnv(), stdio: 'inherit' });
}

if (import.meta.filename === process.argv[1]) await guarded(main);
