// A copy of the workspace to change at will: its sources, and what is already built of them.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryFiles } from '../../checks/report.mjs';
import { ROOT, toolEnv } from '../../setup/paths.mjs';
import { packageFolders } from '../../setup/workspace.mjs';

/** What is only read, so that it need not be copied. */
const SHARED = ['.tools', '.cache/native'];
const COPIED = ['.cache/setup', '.cache/bpf'];
const BUILT = ['dist', 'bpf', 'prebuilds'];

export class WorkspaceCopy {
  readonly path = mkdtempSync(join(tmpdir(), 'imagesnoop-workspace-'));

  constructor() {
    const built = packageFolders().flatMap((folder) =>
      BUILT.map((name) => join(folder, name).slice(ROOT.length + 1)),
    );
    for (const name of [...repositoryFiles(), ...COPIED, ...built]) this.#copy(name);
    for (const name of SHARED) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      symlinkSync(join(ROOT, name), join(this.path, name));
    }
  }

  #copy(name: string): void {
    const from = join(ROOT, name);
    if (!existsSync(from)) return;
    cpSync(from, join(this.path, name), { recursive: true, preserveTimestamps: true });
  }

  /**
   * Runs a program in the copy.
   *
   * @returns what it printed on stdout
   * @throws Error with what it printed, if it ends with another code than 0
   */
  run(command: string, ...args: readonly string[]): string {
    const env = { ...toolEnv(), PATH: `${this.path}/node_modules/.bin:${toolEnv().PATH}` };
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: this.path,
      env,
      encoding: 'utf8',
    });
    if (status === 0) return stdout;
    throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
