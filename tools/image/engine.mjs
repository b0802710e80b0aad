// A Docker engine that knows CAP_BPF: that of Debian 12 does not. Unpacked into the cache, where it runs
// with the installed containerd.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openArchive, unpack } from '../apt.mjs';
import { ROOT } from '../setup/paths.mjs';

const SUITE = 'trixie';

/** @returns {string} path of a dockerd, downloaded if it is not there */
export function ensureDockerd() {
  const folder = join(ROOT, '.cache', 'image', `docker-${SUITE}`);
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true });
    const making = mkdtempSync(`${folder}.`);
    try {
      const [deb] = openArchive([SUITE]).download(['docker.io'], join(making, 'deb'));
      unpack([deb], join(making, 'root'));
      renameSync(join(making, 'root'), folder);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  return join(folder, 'usr', 'sbin', 'dockerd');
}
