// What is wrong with a package as users get it.
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedFiles } from '../release.mjs';
import { ROOT } from '../setup/paths.mjs';

/** What one tool may take on a user's disk, with all that it needs. */
export const BUDGET_BYTES = 10e6;

const OF_TESTS = /(^|\/)(test|tests|__tests__|fixtures)\/|\.test\.|\.tsbuildinfo$|^src\//;
const AT_INSTALLATION = ['preinstall', 'install', 'postinstall', 'prepare'];

/**
 * @param {string} folder of the installed package
 * @param {string} name without the scope
 * @returns {string[]} sentences; none when it is fine
 */
export function contentProblems(folder, name) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = filesIn(folder);
  const problems = expectedFiles(name, manifest)
    .filter((path) => !files.includes(path))
    .map((path) => `lacks ${path}`);
  for (const path of files) {
    if (OF_TESTS.test(path)) problems.push(`carries ${path}, which no user needs`);
    if (readFileSync(join(folder, path)).includes(`${ROOT}/`))
      problems.push(`${path} names the folder that it was built in`);
  }
  for (const [dependency, range] of Object.entries(manifest.dependencies ?? {}))
    if (/^(workspace|file|link|catalog):/.test(range)) problems.push(`${dependency} is "${range}"`);
  for (const script of AT_INSTALLATION)
    if (manifest.scripts?.[script]) problems.push(`runs ${script} when it is installed`);
  return problems.map((problem) => `${manifest.name} ${problem}`);
}

/** Files below a folder, without those of packages inside. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !path.startsWith('node_modules/'));
}

/** Bytes of all files below a folder. */
export function sizeOf(folder) {
  if (!existsSync(folder)) return 0;
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(folder).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
}
