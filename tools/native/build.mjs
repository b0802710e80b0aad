#!/usr/bin/env node
import { realpathSync } from 'node:fs';
// Builds bpf-core's native addon from nothing:
//
//   node tools/native/build.mjs [--arch x64|arm64] [--only headers|libraries|addon]
//
// fetches the sources of libbpf, libelf and zlib, compiles them into .cache/native/<arch>, and the
// addon into packages/bpf-core/prebuilds/linux-<arch>.node. A step is skipped when its result is
// there and what it is made from has not changed. Also usable as a module: `buildNative()`.
import { parseArgs } from 'node:util';
import { addonIsFresh, ensureAddon } from './addon.mjs';
import { ensureHeaders, ensureLibraries } from './libraries.mjs';
import { ensureRoot, ensureSource } from './sources.mjs';
import { BuildError, TARGETS } from './toolchain.mjs';

const STEPS = [
  ['headers', 'fetch libbpf', () => ensureSource('libbpf')],
  ['headers', 'copy headers', ensureHeaders],
  ['libraries', 'fetch elfutils', () => ensureSource('elfutils')],
  ['libraries', 'fetch zlib', () => ensureSource('zlib')],
  ['libraries', 'fetch C and C++ library', ensureRoot],
  ['libraries', 'compile libbpf, libelf, zlib', ensureLibraries],
  ['addon', 'compile addon', ensureAddon],
];

/**
 * Brings the addon of one architecture up to date.
 * @param {object} [options]
 * @param {'x64' | 'arm64'} [options.arch] default this machine's
 * @param {'headers' | 'libraries' | 'addon'} [options.only] the last stage wanted, default all
 * @param {(line: string) => void} [options.report] called once per step that did something
 * @returns {Promise<boolean>} whether anything was made
 */
export async function buildNative({ arch = process.arch, only = 'addon', report = () => {} } = {}) {
  if (!Object.hasOwn(TARGETS, arch)) {
    const names = Object.keys(TARGETS).join(', ');
    throw new BuildError(
      'UNKNOWN_ARCH',
      `No addon for the architecture ${arch}`,
      `Use one of ${names}.`,
    );
  }
  if (only === 'addon' && addonIsFresh(arch)) return false;
  const stages = ['headers', 'libraries', 'addon'];
  const wanted = STEPS.filter(([stage]) => stages.indexOf(stage) <= stages.indexOf(only));
  let made = false;
  for (const [, name, step] of wanted) {
    const start = performance.now();
    if (!(await step(arch))) continue;
    made = true;
    report(`native ${arch}: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  }
  return made;
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  try {
    const { values } = parseArgs({
      options: { arch: { type: 'string' }, only: { type: 'string' } },
    });
    await buildNative({ ...values, report: (line) => process.stderr.write(`${line}\n`) });
  } catch (error) {
    process.stderr.write(`native: ${error.message}\n`);
    if (error.hint) process.stderr.write(`  ${error.hint}\n`);
    process.exitCode = 1;
  }
}
