#!/usr/bin/env node
// Runs every check, which is every tools/check-*.mjs, each on its own: `npm run check [NAME...]`.
import { spawn } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, toolEnv } from './setup/paths.mjs';

/** The names of the checks, from their files. */
export function checkNames(folder = join(ROOT, 'tools')) {
  return readdirSync(folder)
    .map((name) => /^check-(.+)\.mjs$/.exec(name)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/**
 * Runs checks one after the other, printing a line for each and what a failed one said.
 *
 * @param {readonly string[]} [names] default all
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks(names = checkNames()) {
  let failed = 0;
  for (const name of names) {
    const start = performance.now();
    const { code, output } = await runOne(name);
    const time = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    console.log(code === 0 ? `check ${name}: ok, ${time}` : `check ${name}: failed, ${time}`);
    if (code === 0) continue;
    failed += 1;
    console.log(output.trimEnd().replace(/^/gm, '  '));
  }
  return { passed: names.length - failed, failed };
}

function runOne(name) {
  return new Promise((resolve) => {
    const path = join(ROOT, 'tools', `check-${name}.mjs`);
    const child = spawn(process.execPath, [path], {
      cwd: ROOT,
      env: toolEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

if (realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !checkNames().includes(name));
  if (unknown !== undefined) {
    console.error(`No check ${unknown}; there are: ${checkNames().join(', ')}`);
    process.exitCode = 2;
  } else {
    const { failed } = await runChecks(names.length === 0 ? undefined : names);
    process.exitCode = failed === 0 ? 0 : 1;
  }
}
