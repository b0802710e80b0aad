// The command as the guest runs it: a shell script and settings, given to the guest's init.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpio } from './cpio.mjs';

/** Quotes for a POSIX shell. */
export const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

/** Environment of the caller that the guest's command keeps. */
const KEPT = ['PATH', 'LANG', 'LC_ALL', 'TERM', 'CI', 'REQUIRE_KERNEL', 'NO_COLOR', 'FORCE_COLOR'];

/**
 * @param {object} wish
 * @param {readonly string[]} wish.command
 * @param {string} wish.cwd directory to run it in
 * @param {Record<string, string>} [wish.env] on top of what is kept of ours
 * @param {readonly string[]} [wish.setup] shell lines before it, as root
 * @param {readonly string[]} [wish.prefix] words before it
 * @param {Record<string, string | undefined>} [kept] the caller's environment
 * @returns {string} the script
 */
export function script({ command, cwd, env = {}, setup = [], prefix = [] }, kept = process.env) {
  const values = { HOME: '/root', TMPDIR: '/run/tmp' };
  for (const name of KEPT) if (kept[name] !== undefined) values[name] = kept[name];
  Object.assign(values, env);
  const lines = [
    'echo $$ >/job/group',
    'ulimit -c 0',
    ...setup,
    ...Object.entries(values).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(cwd)} || exit 126`,
    `exec ${[...prefix, ...command].map(quote).join(' ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The job as an archive that precedes the initrd. */
export function jobArchive(text, settings) {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quote(value)}\n`);
  return cpio([
    { path: 'job' },
    { path: 'job/out' },
    { path: 'job/settings', data: lines.join('') },
    { path: 'job/port', data: guestFile('port') },
    { path: 'job/main', data: guestFile('main') },
    { path: 'job/run', mode: 0o755, data: text },
  ]);
}

const guestFile = (name) => readFileSync(join(import.meta.dirname, 'guest', name));
