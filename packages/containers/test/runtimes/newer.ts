/** Programs of other releases than the installed one, unpacked from Debian's packages. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openArchive, unpack } from '../../../../tools/apt.mjs';

const CACHE = fileURLToPath(new URL('../../../../.cache/test/', import.meta.url));

/**
 * The folder with `containerd`, `ctr` and the shim of a Debian suite: 1.7 in trixie, 2.x in sid. They run
 * with the machine's own runc.
 *
 * @throws AptError without a network
 */
export function containerdOf(suite: string): string {
  const folder = join(CACHE, `containerd-${suite}`);
  if (!existsSync(folder)) {
    const making = `${folder}.${process.pid}`;
    const debs = join(making, 'debs');
    mkdirSync(debs, { recursive: true });
    unpack(openArchive([suite]).download(['containerd'], debs), making);
    rmSync(debs, { recursive: true });
    renameSync(making, folder);
  }
  return join(folder, 'usr/bin');
}
