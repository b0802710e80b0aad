// The guest's first root: busybox, our init, and the modules it needs to reach the shared root.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { cache } from './base.mjs';
import { cpio } from './cpio.mjs';

/** Loaded before the root is there; all others are loaded on demand from the shared cache. */
const BOOT_MODULES = ['virtio_pci', 'virtio_console', 'virtiofs', 'overlay'];

/** `modules.dep` as a map from a module's name to its file and the files it depends on. */
export function parseDependencies(text) {
  const modules = new Map();
  for (const line of text.split('\n')) {
    const [file, rest] = line.split(':');
    if (rest === undefined) continue;
    modules.set(moduleName(file), { file, depends: rest.trim().split(/\s+/).filter(Boolean) });
  }
  return modules;
}

export const moduleName = (file) => basename(file).split('.ko')[0].replaceAll('-', '_');

/**
 * Files of the wanted modules in the order in which insmod must see them. Names that are not
 * modules in this kernel are built in (or absent) and left out.
 * @returns {string[]}
 */
export function loadOrder(modules, names) {
  const order = [];
  for (const name of names) {
    const found = modules.get(name);
    if (!found) continue;
    // depmod lists the nearest dependency first.
    for (const file of [...found.depends].reverse().concat(found.file)) {
      if (!order.includes(file)) order.push(file);
    }
  }
  return order;
}

/**
 * Builds the initrd of a kernel unless one of the same inputs is in the cache.
 * @param {{ modules: string, release: string, name: string, arch: string }} kernel
 * @param {string} busybox path of a static busybox for the guest
 * @returns {string} path of a gzip-compressed cpio
 */
export function buildInitrd(kernel, busybox) {
  const directory = join(kernel.modules, kernel.release);
  const modules = parseDependencies(readFileSync(join(directory, 'modules.dep'), 'utf8'));
  const order = loadOrder(modules, BOOT_MODULES);
  const init = readFileSync(join(import.meta.dirname, 'guest/init'));
  const files = order.map((file) => ({
    path: `boot-modules/${moduleName(file)}.ko`,
    data: readFileSync(join(directory, file)),
  }));
  const folders = [
    'bin',
    'sbin',
    'dev',
    'proc',
    'sys',
    'etc',
    'boot-modules',
    'share',
    'scratch',
    'root',
  ];
  const entries = [
    ...folders.map((path) => ({ path })),
    { path: 'bin/busybox', mode: 0o755, data: readFileSync(busybox) },
    { path: 'init', mode: 0o755, data: init },
    { path: 'modules.boot', data: `${order.map(moduleName).join('\n')}\n` },
    ...files,
  ];
  const archive = cpio(entries);
  const digest = createHash('sha256').update(archive).digest('hex').slice(0, 12);
  const path = join(cache, 'initrd', `${kernel.name}-${kernel.arch}-${digest}.gz`);
  if (existsSync(path)) return path;
  mkdirSync(join(cache, 'initrd'), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, gzipSync(archive, { level: 1 }));
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
