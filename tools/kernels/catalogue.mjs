// The kernels: names users give, where Debian keeps them, and where they are unpacked.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { AptError, dependencyNames, openArchive, unpack } from '../apt.mjs';
import { cache, fail, note } from './base.mjs';
import { privateTool } from './emulator.mjs';

/** Debian's stock kernels by the name used on the command line; the newest is Debian's unstable. */
export const KERNELS = {
  '5.10': ['bullseye', 'bullseye-security'],
  6.1: ['bookworm', 'bookworm-security'],
  6.12: ['trixie', 'trixie-security'],
  newest: ['sid'],
};

const FRESH_MS = 7 * 24 * 3600 * 1000;
const LAYOUT = 2; // raised when the form of the unpacked kernel changes

/**
 * Gets a kernel into the cache, from Debian's packages; asks for a newer one at most once a week.
 *
 * @param {string} name a key of KERNELS
 * @param {'amd64' | 'arm64'} arch
 * @returns {{ name: string, arch: string, release: string, version: string, directory: string,
 *   vmlinuz: string, modules: string, config: string }} `release` as `uname -r` says it, `version` the package's
 */
export function fetchKernel(name, arch) {
  const suites = KERNELS[name];
  if (!suites) {
    throw fail(
      'KERNEL_UNKNOWN',
      `No kernel named ${name}`,
      `One of ${Object.keys(KERNELS).join(', ')}.`,
    );
  }
  const directory = join(cache, `${name}-${arch}`);
  const known = readKnown(directory);
  if (known && Date.now() - statSync(join(directory, 'kernel.json')).mtimeMs < FRESH_MS)
    return known;
  try {
    return refresh(name, arch, suites, directory, known);
  } catch (error) {
    if (!known || !(error instanceof AptError)) throw error;
    note(
      `${name}: no newer kernel could be looked for (${error.message}); ${known.version} is used`,
    );
    return known;
  }
}

function readKnown(directory) {
  const path = join(directory, 'kernel.json');
  if (!existsSync(path)) return undefined;
  const known = JSON.parse(readFileSync(path, 'utf8'));
  return known.layout === LAYOUT && known.directory === directory ? known : undefined;
}

function refresh(name, arch, suites, directory, known) {
  const archive = openArchive(suites, { architectures: [arch] });
  const packages = kernelPackages(archive, arch);
  const version = archive.show(packages[0]).Version;
  if (known?.version === version) {
    const now = new Date();
    utimesSync(join(directory, 'kernel.json'), now, now);
    return known;
  }
  const started = Date.now();
  const making = `${directory}.${process.pid}`;
  for (const left of readdirSync(cache).filter((each) => each.startsWith(`${name}-${arch}.`))) {
    rmSync(join(cache, left), { recursive: true, force: true });
  }
  unpack(archive.download(packages, join(making, 'debs')), join(making, 'root'));
  rmSync(join(making, 'debs'), { recursive: true });
  const root = join(making, 'root');
  if (!existsSync(join(root, 'lib'))) symlinkSync('usr/lib', join(root, 'lib'));
  const release = readdirSync(join(root, 'lib/modules'))[0];
  unpackModules(join(root, 'lib/modules', release));
  const kmod = privateTool('kmod');
  execFileSync(kmod.path, ['-b', root, release], { env: kmod.env, argv0: 'depmod' });
  const inside = (path) => join(directory, relative(making, path));
  const vmlinuz = [
    join(root, 'boot', `vmlinuz-${release}`),
    join(root, 'lib/modules', release, 'vmlinuz'),
  ];
  const configs = [
    join(root, 'boot', `config-${release}`),
    join(root, 'lib/modules', release, 'config'),
  ];
  const found = {
    layout: LAYOUT,
    name,
    arch,
    release,
    version,
    directory,
    vmlinuz: inside(vmlinuz.find(existsSync)),
    modules: inside(join(root, 'lib/modules')),
    config: inside(configs.find(existsSync)),
  };
  writeFileSync(join(making, 'kernel.json'), JSON.stringify(found, null, 2));
  rmSync(directory, { recursive: true, force: true });
  renameSync(making, directory);
  note(
    `kernel ${release} (${version}) unpacked in ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
  return found;
}

/** The stock image and, where a release splits it, the packages with its binary and modules. */
function kernelPackages(archive, arch) {
  const found = [];
  const visit = (name) => {
    for (const each of dependencyNames(archive.show(name).Depends)) {
      if (!/^linux-(image|binary|modules|base)-\d/.test(each) || found.includes(`${each}:${arch}`))
        continue;
      found.push(`${each}:${arch}`);
      visit(`${each}:${arch}`);
    }
  };
  visit(`linux-image-cloud-${arch}:${arch}`);
  return found;
}

/** Modules are kept unpacked: busybox loads them as they are, and the guest spends no time on it. */
function unpackModules(directory) {
  const files = readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith('.ko.xz'))
    .map((name) => join(directory, name));
  mkdirSync(directory, { recursive: true });
  for (let at = 0; at < files.length; at += 500) {
    execFileSync('xz', ['-d', '-T1', ...files.slice(at, at + 500)]);
  }
}
