import { spawnSync } from 'node:child_process';

/** Whether a command is installed; tests that compare with one are left out without it. */
export function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}
