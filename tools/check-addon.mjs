#!/usr/bin/env node
// The addon must load wherever Node 20 does: `node tools/check-addon.mjs [FILE...]`, by default all
// in packages/bpf-core/prebuilds. A linker accepts a shared object that lacks half of its
// functions; such a one fails here and not at a user's.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { reportIfMain } from './checks/report.mjs';
import { importsOf } from './native/elf-imports.mjs';
import { ROOT } from './setup/paths.mjs';

// Node 20's own floor on x86-64: glibc 2.28, and the libstdc++ of GCC 8.
const FLOORS = { GLIBC: [2, 28], GLIBCXX: [3, 4, 25], CXXABI: [1, 3, 11], GCC: [7, 0, 0] };
const LIBRARIES = /^(libc|libm|libgcc_s|libstdc\+\+|ld-linux-(x86-64|aarch64))\.so\.\d$/;
const OF_NODE = /^(napi|node_api|uv)_\w+$/;

/**
 * Breaches of one addon, as sentences; none when it is fine.
 * @param {Pick<ReturnType<typeof importsOf>, 'symbols'>} imports
 */
export function breaches({ symbols }) {
  return symbols.flatMap(({ name, weak, version, library }) => {
    if (version === null) {
      return weak || OF_NODE.test(name) ? [] : [`${name} is neither inside nor of Node or libc`];
    }
    if (!LIBRARIES.test(library)) return [`${name} comes from ${library}, which users may lack`];
    return isOld(version) ? [] : [`${name} needs ${version}, newer than Node 20 itself needs`];
  });
}

function isOld(version) {
  const [family, numbers] = version.split('_');
  const floor = FLOORS[family];
  if (floor === undefined || numbers === undefined) return false;
  const parts = numbers.split('.').map(Number);
  const differing = floor.findIndex((each, index) => (parts[index] ?? 0) !== each);
  return differing < 0 || (parts[differing] ?? 0) < floor[differing];
}

/** Breaches of files, each with its name in front. */
export function checkAddons(files) {
  return files.flatMap((path) => {
    const file = readFileSync(path);
    const found = breaches(importsOf(file));
    if (file.includes(`${ROOT}/`)) found.push('names the folder that it was built in');
    return found.map((each) => `${relative(ROOT, path)}: ${each}`);
  });
}

/** The addons that are there, of either architecture. */
export function builtAddons() {
  const folder = join(ROOT, 'packages/bpf-core/prebuilds');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name.endsWith('.node')).map((name) => join(folder, name));
}

reportIfMain(import.meta.url, () => {
  const files = process.argv.length > 2 ? process.argv.slice(2) : builtAddons();
  return files.length === 0
    ? ['no addon is built: run tools/native/build.mjs']
    : checkAddons(files);
});
