// Which test files there are for a tool, and which of them have tests of hooks.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text with a word, or what vitest or JavaScript will put there, in brackets. */
const TEXT_WITH_HOOK = /(['"`])(?:(?!\1).)*\[(?:%s|\$[\w{][^\]]*|\w+)\](?:(?!\1).)*\1/;

/**
 * Kernel test files of packages, or of folders in tools.
 * @param {string} directory of the repository
 * @param {readonly string[]} tools their names
 * @param {boolean} hooks only files that have tests with a `[hook]` in their names: starting the
 *   others to find none costs seconds each in a guest
 * @returns {string[]} paths relative to the directory
 */
export function testFiles(directory, tools, hooks) {
  return tools.flatMap((tool) =>
    ['packages', 'tools'].flatMap((folder) => filesIn(directory, `${folder}/${tool}/test`, hooks)),
  );
}

function filesIn(directory, folder, hooks) {
  if (!existsSync(join(directory, folder))) return [];
  return readdirSync(join(directory, folder), { recursive: true })
    .filter((name) => name.endsWith('.kernel.test.ts'))
    .map((name) => `${folder}/${name}`)
    .filter((path) => !hooks || namesHook(readFileSync(join(directory, path), 'utf8')))
    .sort();
}

/** Does a test file name a test after a hook? */
export const namesHook = (source) => source.split('\n').some((line) => TEXT_WITH_HOOK.test(line));
