#!/usr/bin/env node
// docs/errors.md lists the error codes of the sources, no more and no less. Prints each that is
// missing on either side, and ends with 1 if there was one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportIfMain } from './checks/report.mjs';
import { ROOT } from './setup/paths.mjs';

/** In TypeScript, a quoted word in capitals with an underscore is a code, */
const CODE = /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
/** and so is one without, where an error is made. */
const THROWN = /Error\(\s*'([A-Z][A-Z0-9]*)'/g;
/** In C++ many other things are in capitals. */
const NATIVE_CODE = /"((?:BPF|PRIVILEGE)_[A-Z0-9_]+)"/g;
/** Words in capitals that are names of the kernel's or of the environment's. */
const NOT_CODES = /^(?:CAP|SUDO|NO_COLOR|BPF_(?:MAP|PROG|ATTACH)_TYPE)(?:_|$)/;
/** A row of a table that begins with a code, or an item of the list of retired ones. */
const LISTED = /^(?:\||-) `([A-Z][A-Z0-9_]+)`/gm;

/** The codes in a source of the given name. */
export function codesIn(path, source) {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = path.endsWith('.ts')
    ? [...code.matchAll(CODE), ...code.matchAll(THROWN)]
    : [...code.matchAll(NATIVE_CODE)];
  return found.map((match) => match[1]).filter((name) => !NOT_CODES.test(name));
}

/**
 * Compares the page with the sources.
 *
 * @param {string} [root] a workspace with packages/ and docs/errors.md
 * @returns {string[]} one line for each difference
 */
export function checkDocs(root = ROOT) {
  const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
  const [current, retired = ''] = page.split('\n## Retired\n');
  const listed = [...current.matchAll(LISTED)].map((match) => match[1]);
  const gone = [...retired.matchAll(LISTED)].map((match) => match[1]);
  const used = usedCodes(root);
  const problems = [];
  for (const [code, path] of used) {
    if (gone.includes(code)) problems.push(`${path}: ${code} is retired (docs/errors.md)`);
    else if (!listed.includes(code)) problems.push(`${path}: ${code} is not in docs/errors.md`);
  }
  for (const code of listed) {
    if (!used.has(code)) problems.push(`docs/errors.md: no source uses ${code}; retire it there`);
  }
  const twice = listed.filter((code, index) => listed.indexOf(code) !== index);
  return [...problems, ...twice.map((code) => `docs/errors.md: ${code} is listed twice`)];
}

/** Each code, with a file that has it. */
function usedCodes(root) {
  const used = new Map();
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const part of ['src', 'native']) {
      const folder = join(root, 'packages', name, part);
      if (!existsSync(folder)) continue;
      for (const path of readdirSync(folder, { recursive: true })) {
        if (!/\.(?:ts|cc|h)$/.test(path)) continue;
        const source = readFileSync(join(folder, path), 'utf8');
        for (const code of codesIn(path, source))
          used.set(code, join('packages', name, part, path));
      }
    }
  }
  return used;
}

await reportIfMain(import.meta.url, checkDocs);
