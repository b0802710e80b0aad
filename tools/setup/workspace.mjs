// What the set-up does after the system packages: pnpm, the dependencies, the packages' builds.
// Each step knows without starting a program whether it is due.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { SetupError } from './error.mjs';
import { ROOT, TOOLS, toolEnv } from './paths.mjs';
import { run } from './run.mjs';

const STAMPS = join(ROOT, '.cache', 'setup');
const SOURCES = ['src', 'package.json', 'tsconfig.json'];
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/;

// npm by itself tries for more than ten minutes before it says that there is no network.
const IMPATIENT = [
  '--loglevel=error',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--fetch-timeout=60000',
];

/** Every package folder of the workspace, in a stable order. */
export function packageFolders() {
  return readdirSync(join(ROOT, 'packages'))
    .sort()
    .map((name) => join(ROOT, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Every file below `path`, or `path` itself if it is one; nothing where it does not exist. */
function filesBelow(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/** A digest of names and contents. */
function contentKey(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesBelow)) {
    hash.update(`${relative(ROOT, path)}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** A digest of names, sizes and times: tells whether build results are still the same files. */
function resultKey(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    hash.update(`${relative(ROOT, path)}\0${stat?.size}\0${stat?.mtimeMs}\0`);
  }
  return hash.digest('hex');
}

function stampOf(name) {
  try {
    return readFileSync(join(STAMPS, name), 'utf8');
  } catch {
    return null;
  }
}

function stamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  const path = join(STAMPS, name);
  writeFileSync(`${path}.new`, value);
  renameSync(`${path}.new`, path);
}

function pinnedPnpm() {
  return readJson(join(ROOT, 'package.json')).packageManager;
}

/** pnpm, in the version that package.json names, for this workspace alone. */
export const pnpm = {
  name: () => `install ${pinnedPnpm()}`,
  due: () =>
    stampOf('pnpm') !== pinnedPnpm() || !existsSync(join(TOOLS, 'node_modules', '.bin', 'pnpm')),
  async run() {
    rmSync(join(TOOLS, 'node_modules'), { recursive: true, force: true });
    mkdirSync(TOOLS, { recursive: true });
    await fetching('npm', ['install', '--prefix', TOOLS, ...IMPATIENT, pinnedPnpm()]);
    stamp('pnpm', pinnedPnpm());
  },
};

function dependencyKey() {
  const own = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  const manifests = packageFolders().map((folder) => join(folder, 'package.json'));
  return contentKey([...own.map((name) => join(ROOT, name)), ...manifests]);
}

/** The npm packages, exactly as locked. */
export const dependencies = {
  name: () => 'install npm packages',
  due: () =>
    stampOf('dependencies') !== dependencyKey() ||
    !existsSync(join(ROOT, 'node_modules', '.modules.yaml')),
  async run() {
    await fetching('pnpm', ['install', '--frozen-lockfile']);
    stamp('dependencies', dependencyKey());
  },
};

/** The native addon and the libraries in it. */
export const native = {
  name: () => 'build libbpf and the native addon',
  async due() {
    const { addonIsFresh } = await import('../native/addon.mjs');
    return !addonIsFresh(process.arch);
  },
  async run() {
    const { buildNative } = await import('../native/build.mjs');
    await buildNative();
  },
};

/** The BPF objects of the tools and, for `fixtures`, those that tests load. */
export const bpf = ({ fixtures }) => ({
  name: () => 'compile the BPF programs',
  async due() {
    const { staleBpf } = await import('../build-bpf.mjs');
    return staleBpf({ fixtures }).length > 0;
  },
  async run() {
    const { buildBpf } = await import('../build-bpf.mjs');
    const lines = [];
    const { failed } = await buildBpf({ fixtures, log: (line) => lines.push(line) });
    if (failed.length === 0) return;
    throw new SetupError(
      lines.filter((line) => line.startsWith('failed')).join('\n'),
      'Correct the program named above, or undo your change to it.',
    );
  },
});

/** The schema that containerdsnoop brings along. */
export const schema = {
  name: () => "fetch containerd for its services' descriptors",
  async due() {
    const { schemaIsFresh } = await import('../schemas/build.mjs');
    return !schemaIsFresh();
  },
  async run() {
    const { buildSchema } = await import('../schemas/build.mjs');
    await buildSchema();
  },
};

function buildKey() {
  const shared = ['pnpm-lock.yaml', 'tsconfig.base.json', 'turbo.json', 'tools/bundle.mjs'];
  const folders = packageFolders();
  const sources = folders.flatMap((folder) => SOURCES.map((name) => join(folder, name)));
  const results = folders.flatMap((folder) =>
    ['index.js', 'index.d.ts', 'bin.js'].map((name) => join(folder, 'dist', name)),
  );
  const inputs = contentKey([...shared.map((name) => join(ROOT, name)), ...sources]);
  return `${inputs} ${resultKey(results)}`;
}

/** The TypeScript packages. */
export const packages = {
  name: () => 'build the packages',
  due: () => stampOf('build') !== buildKey(),
  async run() {
    await run('turbo', ['run', 'build', '--output-logs=errors-only'], { env: toolEnv() });
    stamp('build', buildKey());
  },
};

async function fetching(command, args) {
  try {
    await run(command, args, { env: toolEnv() });
  } catch (error) {
    const hint = NO_NETWORK.test(error.output)
      ? 'This machine does not reach the npm registry; when it does, run the same command again.'
      : `See what this prints: ${command} ${args.join(' ')}`;
    throw new SetupError(`${error.message}\n${error.tail}`.trimEnd(), hint, { cause: error });
  }
}
