// What of others a package carries a copy of, and under which licences.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const LICENCE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * Folders of the packages that esbuild took files from, each once.
 *
 * @param {readonly { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> }[]} metafiles
 * @param {string} [from] what the paths in them are relative to
 * @returns {string[]}
 */
export function bundledPackages(metafiles, from = process.cwd()) {
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(resolve(from, path))?.[1])
    .filter((folder) => folder !== undefined);
  return [...new Set(inputs)].sort();
}

/** Names, versions and licences of packages as one text; those with the same licence stand together. */
export function notices(folders) {
  const byLicence = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const text = licenceText(folder);
    const names = byLicence.get(text) ?? new Set();
    byLicence.set(text, names.add(`${name} ${version}, ${licenceName(license)}\n`));
  }
  const head = 'This package carries copies of these, each under its own licence.\n';
  const texts = [...byLicence].map(([text, names]) => `${[...names].join('')}\n${text}`);
  return [head, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceName(license) {
  return typeof license === 'string' ? license : (license?.type ?? 'see below');
}

function licenceText(folder) {
  const file = readdirSync(folder).find((name) => LICENCE.test(name));
  if (file !== undefined) return `${readFileSync(join(folder, file), 'utf8').trimEnd()}\n`;
  const readme = join(folder, 'README.md');
  const said = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  return `${/^#+ licen[cs]e\s*\n([\s\S]*?)(?=\n#|$(?![\s\S]))/im.exec(said)?.[1]?.trim() ?? 'It has no text of its licence.'}\n`;
}
