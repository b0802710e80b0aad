// Packs the workspace's packages as publishing would.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolEnv } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { packageFolders } from '../setup/workspace.mjs';

/**
 * @param {string} folder an empty one, which gets a tarball for each package
 * @returns {Promise<{ folder: string, manifest: { name: string }, tarball: string }[]>} each package's folder in the
 *   workspace, its manifest there, and its tarball
 */
export async function packAll(folder) {
  const packed = [];
  for (const source of packageFolders()) {
    const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    const before = readdirSync(folder);
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd: source, env: toolEnv() });
    const name = readdirSync(folder).find((each) => !before.includes(each));
    packed.push({ folder: source, manifest, tarball: join(folder, name) });
  }
  return packed;
}

/** Paths of the files in a package's tarball. */
export async function filesInTarball(tarball) {
  const listed = await run('tar', ['-tzf', tarball]);
  return listed
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
}
