#!/usr/bin/env node
// Format and lint: biome for TypeScript, JavaScript and JSON, clang-format for C and C++.
// `--write` corrects what can be corrected.
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { repositoryFiles } from './checks/report.mjs';
import { ROOT, toolEnv } from './setup/paths.mjs';

// The template of new tools holds placeholders; what is made of it is formatted when it is made.
const isC = (path) => /\.(c|h|cc|hh)$/.test(path) && !path.startsWith('tools/new-tool/template/');

/**
 * @param {{ write?: boolean }} [options] `write`: correct the files
 * @returns {boolean} whether all is well; what is not has been printed
 */
export function checkFormat({ write = false } = {}) {
  const sources = repositoryFiles().filter(isC);
  const c = write ? ['-i'] : ['--dry-run', '-Werror'];
  return [
    run('biome', [
      'check',
      '--error-on-warnings',
      '--diagnostic-level=warn',
      ...(write ? ['--write'] : []),
      '.',
    ]),
    sources.length === 0 || run('clang-format-19', [...c, ...sources]),
  ].every(Boolean);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    env: toolEnv(),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) console.error(`${command}: ${error.message}; npm test installs it`);
  return status === 0;
}

if (realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url)) {
  if (!checkFormat({ write: process.argv.includes('--write') })) process.exitCode = 1;
}
