// Brings a machine and a clone to the point where the tools run: what `npm start` and `npm test`
// do first. Each step is skipped when there is nothing to do, and can be interrupted: the next
// call goes on from there. What it does is told on stderr, a line for each step.
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './error.mjs';
import { withLock } from './lock.mjs';
import { installPackages, missingPackages } from './packages.mjs';
import { ROOT } from './paths.mjs';
import { RunError } from './run.mjs';
import * as workspace from './workspace.mjs';

/**
 * Installs and builds what is missing.
 *
 * @param {object} [options]
 * @param {readonly string[]} [options.lists] system packages wanted: tools/setup/packages-*.txt
 * @param {boolean} [options.build] whether to build, or only to install; default true
 * @param {boolean} [options.fixtures] the BPF programs of tests are wanted too; default false
 * @param {(text: string) => void} [options.write] receives the progress; default stderr
 * @throws {SetupError} with what to do
 */
export async function setup({
  lists = ['build'],
  build = true,
  fixtures = false,
  write = toStderr,
} = {}) {
  checkPlatform();
  const { pnpm, dependencies, native, bpf, schema, packages } = workspace;
  const steps = [systemPackages(lists), pnpm, dependencies];
  if (build) steps.push(native, bpf({ fixtures }), schema, packages);
  if (!(await anyDue(steps))) return;
  checkWritable();
  await withLock(
    join(ROOT, '.cache', 'setup.lock'),
    async () => {
      for (const step of steps) {
        if (await step.due()) await perform(step, write);
      }
    },
    (pid) => write(`setup: waiting for the set-up of process ${pid}\n`),
  );
}

function toStderr(text) {
  process.stderr.write(text);
}

function systemPackages(lists) {
  return {
    name: () => `install ${missingPackages(lists).join(' ')}`,
    due: () => missingPackages(lists).length > 0,
    run: () => installPackages(missingPackages(lists)),
  };
}

async function anyDue(steps) {
  for (const step of steps) if (await step.due()) return true;
  return false;
}

async function perform(step, write) {
  const start = performance.now();
  write(`setup: ${step.name()} ...`);
  try {
    await step.run();
  } catch (error) {
    write(' failed\n');
    throw explained(error);
  }
  write(` ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

function explained(error) {
  if (error instanceof SetupError) return error;
  if (error instanceof RunError) {
    return new SetupError(`${error.message}\n${error.tail}`, 'All output is in .cache/setup.log', {
      cause: error,
    });
  }
  if (error.hint) return new SetupError(error.message, error.hint, { cause: error });
  return error;
}

function checkWritable() {
  try {
    accessSync(ROOT, constants.W_OK);
  } catch (cause) {
    throw new SetupError(
      `There is something to install or build, and ${ROOT} cannot be written to`,
      'Run the same command as the owner of that folder, or with sudo.',
      { exitCode: 3, cause },
    );
  }
}

function checkPlatform() {
  if (process.platform !== 'linux') {
    throw new SetupError(
      `eBPF is a part of Linux, and this is ${process.platform}`,
      'Run it on a Linux machine or in a virtual one.',
      { exitCode: 3 },
    );
  }
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const wanted = engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(
    `Node.js ${wanted} or later is needed, and this is ${process.versions.node}`,
    'Install a current Node.js.',
    { exitCode: 3 },
  );
}

/** Runs `main`, showing expected failures as a line and a hint. Sets the exit code. */
export async function guarded(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`imagesnoop: ${error.message}\n  ${error.hint}\n`);
    process.exitCode = error.exitCode;
  }
}
