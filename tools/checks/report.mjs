// What every check shares: it finds problems, prints them one a line, and its exit code tells.
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../setup/paths.mjs';

/**
 * Runs a check when its file is the program that was started.
 *
 * @param {string} url the file's `import.meta.url`
 * @param {() => Iterable<string> | Promise<Iterable<string>>} check finds the problems
 */
export async function reportIfMain(url, check) {
  if (process.argv[1] === undefined) return;
  if (realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  const problems = [...(await check())];
  for (const problem of problems) console.log(problem);
  if (problems.length > 0) process.exitCode = 1;
}

/** Paths, relative to the workspace, of the files that git knows or would take, sorted. */
export function repositoryFiles(root = ROOT) {
  const list = execFileSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  return [...new Set(list.split('\0'))].filter((path) => path !== '').sort();
}
