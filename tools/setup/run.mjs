// Runs the programs of the set-up: silent when they succeed, their last words when they fail.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const LOG = join(ROOT, '.cache', 'setup.log');

/** A program that could not be run, or ended with another code than 0. */
export class RunError extends Error {
  constructor(command, outcome, output) {
    super(`${command} ${outcome}`);
    this.name = 'RunError';
    /** The last lines it printed. */
    this.tail = output.trimEnd().split('\n').slice(-12).join('\n');
    this.output = output;
  }
}

/**
 * Runs a program without standard input; what it prints goes to .cache/setup.log.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<string>} what it printed, both streams together
 * @throws {RunError}
 */
export function run(command, args, { env = process.env, cwd = ROOT } = {}) {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  appendFileSync(LOG, `\n$ ${command} ${args.join(' ')}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (bytes) => {
      output += bytes;
      appendFileSync(LOG, bytes);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new RunError(command, `failed: ${error.message}`, '')));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(new RunError(command, signal ? `died of ${signal}` : `ended with ${code}`, output));
    });
  });
}
