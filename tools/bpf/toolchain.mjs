// The compiler, its flags and the headers that BPF programs are built with.
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Architectures a program is built for; `triplet` names Debian's folder of asm/ headers. */
export const ARCHES = {
  x64: { define: '__TARGET_ARCH_x86', triplet: 'x86_64-linux-gnu' },
  arm64: { define: '__TARGET_ARCH_arm64', triplet: 'aarch64-linux-gnu' },
};

/** What no loader reads: DWARF, and how a linker would move BTF, a quarter of a large object. */
export const STRIPPED = ['-g', '--remove-section=.rel.BTF', '--remove-section=.rel.BTF.ext'];

// Entry points take arguments that the kernel dictates, so an unused one says nothing.
const FLAGS = ['-target', 'bpf', '-mcpu=v3', '-g', '-O2', '-std=gnu11'].concat([
  '-fdebug-compilation-dir=.', // else line information may begin with this folder
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wno-unused-parameter',
]);

/** Arguments for clang, run in the workspace root so that no object carries a machine's path. */
export function flagsFor(arch) {
  const own = ['-I', 'bpf', '-I', 'bpf/include'];
  return [...FLAGS, `-D${ARCHES[arch].define}`, ...own, ...systemHeaders(arch)];
}

// The headers of libbpf and of the kernel's interface as the native build unpacks them, so that an
// object does not depend on what the machine has; before that build has run, the system's serve.
// Only asm/ differs by architecture, and not in what a BPF program sees of it.
function systemHeaders(arch) {
  const folders = [arch, 'x64', 'arm64'].map((name) => join('.cache', 'native', name));
  const libbpf = folders.find((folder) => existsSync(join(ROOT, folder, 'include/bpf')));
  const sysroot = folders.find((folder) => existsSync(join(ROOT, folder, 'sysroot/usr/include')));
  const own = libbpf === undefined ? [] : ['-isystem', join(libbpf, 'include')];
  const kernel = sysroot === undefined ? '/usr/include' : join(sysroot, 'sysroot/usr/include');
  const asm = Object.values(ARCHES)
    .map(({ triplet }) => join(kernel, triplet))
    .find((folder) => existsSync(resolve(ROOT, folder, 'asm')));
  const shared = [kernel, ...(asm === undefined ? [] : [asm])];
  return ['-nostdlibinc', ...own, ...shared.flatMap((folder) => ['-idirafter', folder])];
}

/**
 * clang and llvm-strip: from the variables CLANG and LLVM_STRIP, else version 19 on PATH.
 * `identity` changes when the compiler does, without the price of running it.
 */
export function compilers() {
  const clang = find(process.env.CLANG ?? 'clang-19');
  const strip = find(process.env.LLVM_STRIP ?? 'llvm-strip-19');
  const { size, mtimeMs } = statSync(clang);
  return { clang, strip, identity: `${clang} ${size} ${mtimeMs}` };
}

function find(command) {
  const candidates = command.includes('/')
    ? [command]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, command));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      return realpathSync(candidate);
    } catch {}
  }
  throw new Error(
    `${command} not found; install it with: apt-get install clang-19 llvm-19 (npm start does so itself)`,
  );
}
