import { spawn } from 'node:child_process';

/**
 * Starts a program that lives no longer than this process, however this process ends, and that is
 * not reached by the terminal's Ctrl-C. Only its stderr can be read.
 */
export function spawnBound(path, args, env) {
  return spawn('setpriv', ['--pdeathsig', 'KILL', path, ...args], {
    env: { ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
}
