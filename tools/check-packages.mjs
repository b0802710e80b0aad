#!/usr/bin/env node
// What each package would publish: publint's rules, and the fields that every package shares.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { reportIfMain } from './checks/report.mjs';
import { ROOT } from './setup/paths.mjs';
import { packageFolders } from './setup/workspace.mjs';

const SHARED = ['license', 'engines', 'type'];

/** Where a package's manifest departs from the workspace's own. */
export function manifestProblems(name, manifest, root) {
  const problems = SHARED.filter(
    (field) => JSON.stringify(manifest[field]) !== JSON.stringify(root[field]),
  ).map((field) => `packages/${name}: "${field}" is not the workspace's`);
  if (manifest.name !== `@imagesnoop/${name}`)
    problems.push(`packages/${name}: name is not @imagesnoop/${name}`);
  if (!manifest.description) problems.push(`packages/${name}: no description`);
  if (!manifest.files?.includes('dist')) problems.push(`packages/${name}: "files" lacks dist`);
  const installs = ['preinstall', 'install', 'postinstall'].find(
    (each) => manifest.scripts?.[each],
  );
  if (installs) problems.push(`packages/${name}: must not run code at installation (${installs})`);
  return problems;
}

/** Every problem of every package. The packages have to be built. */
export async function checkPackages() {
  const root = readJson(ROOT);
  const found = packageFolders().map(async (folder) => {
    const manifest = readJson(folder);
    const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });
    return [
      ...manifestProblems(basename(folder), manifest, root),
      ...messages.map((each) => `${manifest.name}: ${formatMessage(each, manifest)}`),
    ];
  });
  return (await Promise.all(found)).flat();
}

function readJson(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

await reportIfMain(import.meta.url, checkPackages);
