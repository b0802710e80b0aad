// Programs that tests run as their workload, compiled once. In an emulated guest a compiler needs
// ten seconds for what it does in one outside: there they are compiled before the guest starts.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');
/** Headers for the programs of all packages. */
const HEADERS = join(import.meta.dirname, 'workload');
const FLAGS = ['-D_GNU_SOURCE=', '-O2', '-Wall', '-Werror', '-pthread'];
const SOURCE = /\.[ch]$/;
/** A line of a file that says what else it needs: `// Compiled with: -static` */
const OWN_FLAGS = /^\/\/ Compiled with: (.+)$/m;

/**
 * The program of a C file, which may include headers of its folder and of ./workload. Compiled with `_GNU_SOURCE`,
 * threads, warnings as errors, and what a line `// Compiled with: FLAGS` of it says.
 *
 * @param {string} source path of the file
 * @returns {string} path of the program, which has the file's name and lies in .cache: not to be
 *   changed or removed
 * @throws Error with the compiler's words
 */
export const compiled = (source) => build(source, process.arch, ['gcc', ...FLAGS]);

/**
 * Compiles what packages have in test/workload, also for another architecture.
 *
 * @param {string} directory of the repository, or a copy
 * @param {readonly string[]} names of packages
 * @param {'x64' | 'arm64'} arch
 */
export async function compileWorkloads(directory, names, arch) {
  const sources = names.flatMap((name) => workloadsOf(directory, name));
  const command = arch === process.arch ? ['gcc', ...FLAGS] : await crossCompiler(arch);
  for (const source of sources) build(source, arch, command);
}

/** clang with the libraries that the native addon is built with. */
async function crossCompiler(arch) {
  const { buildNative } = await import('../native/build.mjs');
  const { targetFlags } = await import('../native/toolchain.mjs');
  await buildNative({ arch });
  return ['clang-19', ...targetFlags(arch), '--ld-path=ld.lld-19', ...FLAGS, '-Wno-error'];
}

function workloadsOf(directory, name) {
  const folder = join(directory, 'packages', name, 'test/workload');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((each) => each.endsWith('.c'))
    .map((each) => join(folder, each));
}

/** Found by content, so that a copy of the repository finds the same; made aside and renamed. */
function build(source, arch, [compiler, ...flags]) {
  const name = basename(source, '.c');
  const folder = join(repository, '.cache/test/workload', arch, keyOf(source));
  const program = join(folder, name);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const making = `${program}.${process.pid}`;
  const own = OWN_FLAGS.exec(readFileSync(source, 'utf8'))?.[1]?.split(' ') ?? [];
  execFileSync(compiler, [...flags, ...own, `-I${HEADERS}`, '-o', making, source], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  renameSync(making, program);
  return program;
}

function keyOf(source) {
  const hash = createHash('sha256').update(JSON.stringify(FLAGS));
  for (const folder of [dirname(source), HEADERS]) {
    for (const name of readdirSync(folder).sort()) {
      if (SOURCE.test(name)) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
