// A kernel's headers, for tools that compile in the guest (bcc, some bpftrace scripts).
import { existsSync, lstatSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { dependencyNames, openArchive, unpack } from '../apt.mjs';
import { KERNELS } from './catalogue.mjs';
import { quote } from './job.mjs';

/**
 * Fetches the headers that belong to a kernel, beside it in the cache.
 * @param {ReturnType<import('./catalogue.mjs').fetchKernel>} kernel
 * @returns {string[]} shell lines that put them where compilers look, in the guest
 */
export function fetchHeaders(kernel) {
  const directory = join(kernel.directory, 'headers');
  if (!existsSync(directory)) download(kernel, directory);
  for (const name of ['build', 'source']) link(kernel, directory, name);
  const sources = join(directory, 'usr/src');
  const kbuild = readdirSync(join(directory, 'usr/lib')).filter((name) =>
    name.startsWith('linux-kbuild'),
  );
  return [
    'mkdir -p /usr/src',
    ...readdirSync(sources).map((name) => `ln -sfn ${quote(join(sources, name))} /usr/src/`),
    ...kbuild.map((name) => `ln -sfn ${quote(join(directory, 'usr/lib', name))} /usr/lib/`),
  ];
}

function download(kernel, directory) {
  const archive = openArchive(KERNELS[kernel.name], { architectures: [kernel.arch] });
  const found = [`linux-headers-${kernel.release}:${kernel.arch}`];
  for (const name of dependencyNames(archive.show(found[0]).Depends)) {
    if (/^linux-(headers|kbuild)-/.test(name)) found.push(`${name}:${kernel.arch}`);
  }
  const making = `${directory}.making`;
  rmSync(making, { recursive: true, force: true });
  unpack(archive.download(found.map(arched(archive)), join(making, 'debs')), making);
  rmSync(join(making, 'debs'), { recursive: true });
  renameSync(making, directory);
}

/** Packages for all architectures are asked for without one. */
const arched = (archive) => (name) =>
  archive.show(name).Architecture === 'all' ? name.replace(/:\w+$/, '') : name;

/** Where a kernel's modules say that its headers are. */
function link(kernel, directory, name) {
  const modules = join(kernel.modules, kernel.release);
  if (lstatSync(join(modules, name), { throwIfNoEntry: false })) return;
  const suffix =
    name === 'build' ? kernel.release : kernel.release.replace(/-?cloud-\w+$|-\w+$/, '-common');
  const target = join(directory, 'usr/src', `linux-headers-${suffix}`);
  symlinkSync(
    existsSync(target) ? target : join(directory, 'usr/src', `linux-headers-${kernel.release}`),
    join(modules, name),
  );
}
