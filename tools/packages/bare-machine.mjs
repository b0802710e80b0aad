// A user's machine: Node.js and npm, an empty folder, an empty cache, no compiler and nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** All that can be called by name; npm and npx start programs by sh and env. */
const COMMANDS = ['node', 'npm', 'npx', 'sh', 'env'];

export class BareMachine {
  #folder;
  #env;

  /**
   * @param {string} folder gets `bin` and a home for each name
   * @param {NodeJS.ProcessEnv} env of `startRegistry()`
   */
  constructor(folder, env) {
    this.#folder = folder;
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    for (const name of COMMANDS) symlinkSync(find(name), join(bin, name));
    this.#env = { ...env, PATH: bin };
  }

  /** An empty folder. */
  folder(name) {
    const path = join(this.#folder, name);
    mkdirSync(path);
    return path;
  }

  /** Where npx keeps what it installed in a folder of that name. */
  cacheOf(name) {
    return join(this.#folder, `${name}.cache`);
  }

  /**
   * Runs a command in a folder that is made for it and with a cache of its own, empty at first.
   *
   * @param {string} name of the folder
   * @param {readonly string[]} command
   * @param {{ env?: NodeJS.ProcessEnv, onStderr?(all: string): void }} [options]
   * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
   */
  async run(name, [command, ...args], { env = {}, onStderr = () => {} } = {}) {
    const cwd = join(this.#folder, name);
    mkdirSync(cwd, { recursive: true });
    const child = spawn(join(this.#env.PATH, command), args, {
      cwd,
      env: { ...this.#env, npm_config_cache: this.cacheOf(name), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said.stderr += text;
      onStderr(said.stderr);
    });
    const [code] = await once(child, 'close');
    return { code, ...said };
  }
}

function find(name) {
  for (const folder of [dirname(process.execPath), ...process.env.PATH.split(delimiter)]) {
    try {
      return realpathSync(join(folder, name));
    } catch {
      // not in this one
    }
  }
  throw new Error(`there is no ${name}`);
}
