// Which BPF programs there are, and where their objects go.
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const SUFFIX = '.bpf.c';

/**
 * @typedef {object} BpfSource
 * @property {string} name file name without .bpf.c
 * @property {string} path the source
 * @property {string} output the object for x86-64
 * @property {string | null} outputArm64 where an object for arm64 goes, if it differs
 */

/**
 * @param {string} root
 * @param {{ fixtures?: boolean }} [options] `fixtures`: those of tests too; default true
 * @returns {BpfSource[]} every program under `root`, in a stable order
 */
export function findSources(root, { fixtures = true } = {}) {
  return [...toolSources(root), ...(fixtures ? fixtureSources(root) : [])];
}

function toolSources(root) {
  return programsIn(join(root, 'bpf')).map((path) => {
    const name = basename(path, SUFFIX);
    const home = join(root, 'packages', name);
    if (!existsSync(home)) throw new Error(`bpf/${name}${SUFFIX} has no package packages/${name}`);
    return {
      name,
      path,
      output: join(home, 'bpf', `${name}.bpf.o`),
      outputArm64: join(home, 'bpf', `${name}.arm64.bpf.o`),
    };
  });
}

function fixtureSources(root) {
  const homes = ['packages', 'tools'].flatMap((group) =>
    list(join(root, group)).map((name) => join(root, group, name, 'test', 'fixtures')),
  );
  return homes.flatMap(programsIn).map((path) => ({
    name: basename(path, SUFFIX),
    path,
    output: join(dirname(path), `${basename(path, SUFFIX)}.bpf.o`),
    outputArm64: null,
  }));
}

function programsIn(folder) {
  return list(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => join(folder, name));
}

function list(folder) {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
