// System packages: what is wanted, what is installed, and installing the rest with apt.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './error.mjs';
import { ROOT } from './paths.mjs';
import { run } from './run.mjs';

const DPKG = '/var/lib/dpkg';
const LOCK_WAIT_S = 600;
const NO_NETWORK = /Temporary failure resolving|Could not (resolve|connect)|Unable to connect/;

/**
 * The lines of a package list.
 *
 * @param {string} text one package per line, `#` begins a comment, `a | b` are alternatives
 * @returns {string[][]} the alternatives of each line
 */
export function parseList(text) {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split('|').map((name) => name.trim()));
}

/** The packages of tools/setup/packages-<name>.txt, or none where there is no such list. */
export function readList(name) {
  const path = join(ROOT, 'tools', 'setup', `packages-${name}.txt`);
  return existsSync(path) ? parseList(readFileSync(path, 'utf8')) : [];
}

/**
 * The state of each package that dpkg knows.
 *
 * @param {string} status contents of dpkg's status file
 * @returns {Map<string, string>} by name, e.g. 'installed' or 'half-configured'
 */
export function packageStates(status) {
  const states = new Map();
  for (const [, name, state] of status.matchAll(/^Package: (\S+)\nStatus: \S+ \S+ (\S+)$/gm)) {
    if (states.get(name) !== 'installed') states.set(name, state);
  }
  return states;
}

/** The first alternative of each line of which none is installed. */
export function missing(lists, states) {
  return lists
    .filter((names) => !names.some((name) => states.get(name) === 'installed'))
    .map(([first]) => first);
}

/** Whether an installation was interrupted, so that dpkg refuses to work until it is resumed. */
export function wasInterrupted(states, updates) {
  const between = ['half-installed', 'unpacked', 'half-configured', 'triggers-pending'];
  return updates.length > 0 || [...states.values()].some((state) => between.includes(state));
}

/**
 * What apt has to install for these lists, in the order of the lists.
 *
 * @param {readonly string[]} names lists, e.g. ['build', 'test']
 * @returns {string[]}
 * @throws {SetupError} without dpkg, if anything is on the lists
 */
export function missingPackages(names) {
  const lists = names.flatMap(readList);
  if (lists.length === 0) return [];
  return missing(lists, readStates(lists.map(([first]) => first)));
}

function readStates(wanted) {
  try {
    return packageStates(readFileSync(join(DPKG, 'status'), 'utf8'));
  } catch (cause) {
    throw new SetupError(
      'The set-up installs packages with apt, and this is neither Debian nor Ubuntu',
      `Use Debian 12 or later, or install the like of: ${wanted.join(' ')}`,
      { exitCode: 3, cause },
    );
  }
}

/**
 * Installs packages, resuming first what an earlier, interrupted call has left half done.
 * No package is ever removed, and none starts a service.
 *
 * @param {readonly string[]} packages
 * @throws {SetupError} without root, without network, or if apt refuses
 */
export async function installPackages(packages) {
  const line = `apt-get install ${packages.join(' ')}`;
  if (process.getuid() !== 0) {
    throw new SetupError(
      'Installing system packages needs root',
      `Run the same command with sudo, or first: sudo ${line}`,
      { exitCode: 3 },
    );
  }
  const states = readStates(packages);
  if (wasInterrupted(states, entries(join(DPKG, 'updates')))) await dpkgConfigure();
  if (!entries('/var/lib/apt/lists').some((name) => name.includes('_Packages'))) await update();
  try {
    await install(packages);
  } catch {
    // The lists may be older than the mirror, or an archive half unpacked.
    await update();
    await apt(['install', '--fix-broken']).catch(() => {});
    await install(packages).catch((error) => fail(error, line));
  }
}

function entries(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function install(packages) {
  return apt(['install', '--no-install-recommends', '--no-remove', ...packages]);
}

async function update() {
  const deadline = Date.now() + LOCK_WAIT_S * 1000;
  for (;;) {
    try {
      return await apt(['update']);
    } catch (error) {
      // apt waits for dpkg's lock when told to, but not for that of its lists.
      const locked = /Could not get lock|Unable to lock/.test(error.output);
      if (!locked || Date.now() > deadline) fail(error, 'apt-get update');
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function apt(args) {
  return run('apt-get', ['-y', '-q', '-o', `DPkg::Lock::Timeout=${LOCK_WAIT_S}`, ...args], {
    env: quietEnv(),
  });
}

function dpkgConfigure() {
  return run('dpkg', ['--configure', '-a', '--force-confold'], { env: quietEnv() }).catch((error) =>
    fail(error, 'dpkg --configure -a'),
  );
}

function quietEnv() {
  return {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    LC_ALL: 'C',
    PATH: [join(ROOT, 'tools', 'setup', 'quiet'), process.env.PATH].join(delimiter),
  };
}

function fail(error, line) {
  const hint = NO_NETWORK.test(error.output ?? '')
    ? `This machine does not reach its Debian mirror; when it does, run the same command again`
    : `See what this prints: ${line}`;
  throw new SetupError(`${error.message}\n${error.tail ?? ''}`.trimEnd(), hint, { cause: error });
}
