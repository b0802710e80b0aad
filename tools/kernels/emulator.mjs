// The emulator and the few host programs around it, unpacked from Debian's packages into the cache.
//
// QEMU before 10 runs newer kernels wrongly under TCG (random oopses after cmpxchg16b), so the
// machine's own QEMU is not trusted: version 10 comes from the backports of the machine's release,
// or from the release itself. Only libraries that the machine lacks are fetched with it.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostArchitecture, openArchive, unpack } from '../apt.mjs';
import { cache, fail, note } from './base.mjs';

const LAYOUT = 1;
const PACKAGES = ['qemu-system-x86', 'qemu-system-arm', 'kmod'];
const MULTIARCH = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

const toolsDirectory = join(cache, 'tools');

/** Debian's name of this machine's release, e.g. bookworm. */
function hostRelease() {
  const text = readFileSync('/etc/os-release', 'utf8');
  return /^VERSION_CODENAME=(\w+)/m.exec(text)?.[1] ?? 'bookworm';
}

function prepareTools() {
  const stamp = join(toolsDirectory, 'tools.json');
  if (existsSync(stamp) && JSON.parse(readFileSync(stamp, 'utf8')).layout === LAYOUT) return;
  const started = Date.now();
  const release = hostRelease();
  const making = `${toolsDirectory}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  const plain = openArchive([release, `${release}-security`], { installed: true });
  const newer = openArchive([release, `${release}-security`, `${release}-backports`], {
    installed: true,
  });
  add(newer, PACKAGES, join(making, 'qemu'), `${release}-backports`);
  // The daemon that shares a directory was part of QEMU up to 7.2 and has its own package since.
  const daemon = release === 'bookworm' ? 'qemu-system-common' : 'virtiofsd';
  add(plain, [daemon], join(making, 'share'));
  mkdirSync(making, { recursive: true });
  writeFileSync(join(making, 'tools.json'), JSON.stringify({ layout: LAYOUT, release }));
  rmSync(toolsDirectory, { recursive: true, force: true });
  renameSync(making, toolsDirectory);
  note(`emulator unpacked in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Fetches packages with what this machine lacks of their dependencies; installed ones themselves too. */
function add(archive, names, directory, release) {
  const missing = archive.closure(names, release);
  const wanted = missing.map(({ name, version, arch }) => `${name}:${arch}=${version}`);
  const present = names.filter((name) => !missing.some((each) => each.name === name));
  const debs = join(directory, 'debs');
  unpack(archive.download([...wanted, ...present], debs), directory);
  rmSync(debs, { recursive: true });
}

function environment(root) {
  const triple = MULTIARCH[hostArchitecture()];
  const libraries = [join(root, 'usr/lib', triple), join(root, 'lib', triple)];
  return {
    ...process.env,
    LD_LIBRARY_PATH: libraries.join(':'),
    QEMU_MODULE_DIR: join(root, 'usr/lib', triple, 'qemu'),
  };
}

/**
 * A host program from the cache.
 * @param {'qemu-system-x86_64' | 'qemu-system-aarch64' | 'virtiofsd' | 'kmod'} name
 * @returns {{ path: string, env: NodeJS.ProcessEnv, args: string[] }} args come before any other
 */
export function privateTool(name) {
  prepareTools();
  const root = join(toolsDirectory, name === 'virtiofsd' ? 'share' : 'qemu');
  const folders = ['usr/bin', 'bin', 'usr/lib/qemu', 'usr/libexec'];
  const path = folders.map((folder) => join(root, folder, name)).find(existsSync);
  if (!path) {
    throw fail(
      'KERNELS_TOOL_MISSING',
      `${name} is not in Debian's packages for this release`,
      `Delete ${toolsDirectory} and try again.`,
    );
  }
  const data = name.startsWith('qemu-')
    ? ['-L', join(root, 'usr/share/qemu'), '-L', join(root, 'usr/share/seabios')]
    : [];
  return { path, env: environment(root), args: data };
}

/** A static busybox for the guest's architecture: path of the program. */
export function guestBusybox(arch) {
  const directory = join(cache, `busybox-${arch}`);
  const path = join(directory, 'bin/busybox');
  if (existsSync(path)) return path;
  const making = `${directory}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  const archive = openArchive(['bookworm'], { architectures: [arch] });
  unpack(archive.download([`busybox-static:${arch}`], join(making, 'debs')), making);
  rmSync(directory, { recursive: true, force: true });
  renameSync(making, directory);
  return path;
}
