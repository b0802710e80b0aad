// Programs that the tests of image and manifests need newer than Debian 12 has them, unpacked into the
// cache and never installed.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openArchive, unpack } from '../apt.mjs';
import { ROOT } from '../setup/paths.mjs';

const SUITE = 'trixie';

/** @returns {string} a dockerd that knows CAP_BPF; it runs with the installed containerd */
export const ensureDockerd = () => join(ensure('docker.io'), 'usr', 'sbin', 'dockerd');

/** @returns {string} kustomize, which renders deploy/ */
export const ensureKustomize = () => join(ensure('kustomize'), 'usr', 'bin', 'kustomize');

/** @returns {string} the folder that a package is unpacked in */
function ensure(name) {
  const folder = join(ROOT, '.cache', 'image', `${name}-${SUITE}`);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const making = mkdtempSync(`${folder}.`);
  try {
    const debs = openArchive([SUITE]).download([name], join(making, 'deb'));
    unpack(debs, join(making, 'root'));
    renameSync(join(making, 'root'), folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}
