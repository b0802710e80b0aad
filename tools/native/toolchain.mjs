// One compiler for every target: clang with the C and C++ libraries of Debian 12 as its root.
//
// The same addon comes out on every build machine, whatever its own libc, and a foreign
// architecture needs no cross compiler. Debian 12 is the oldest suite whose libstdc++ has C++20.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const repository = resolve(import.meta.dirname, '../..');
export const cache = join(repository, '.cache/native');

/** Names of each supported target: Node's (the key), Debian's, the compiler's. */
export const TARGETS = {
  x64: { debian: 'amd64', triple: 'x86_64-linux-gnu', machine: '-march=x86-64' },
  arm64: { debian: 'arm64', triple: 'aarch64-linux-gnu', machine: '-march=armv8-a' },
};

/** An expected failure of this build, with advice. */
export class BuildError extends Error {
  constructor(code, message, hint, options) {
    super(message, options);
    this.name = 'BuildError';
    this.code = code;
    this.hint = hint;
  }
}

/** Folder of Node's own headers (they carry uv.h), from the running node's prefix. */
export function nodeHeaders() {
  const folder = join(dirname(dirname(process.execPath)), 'include/node');
  if (existsSync(join(folder, 'uv.h'))) return folder;
  throw new BuildError(
    'NODE_HEADERS_MISSING',
    `Node's headers are not beside this node: ${folder}/uv.h does not exist`,
    'Use a node from nodejs.org or its packages, which carry their headers, or install libnode-dev.',
  );
}

/** Flags that every compilation for a target shares. */
export function targetFlags(arch) {
  const { triple, machine } = TARGETS[arch];
  return [`--target=${triple}`, machine, `--sysroot=${join(cache, arch, 'sysroot')}`];
}

/** Code that ends in a shared object: hidden symbols, one section each so unused ones go. */
export const LIBRARY_FLAGS = [
  '-O2',
  '-g0',
  '-fPIC',
  '-fvisibility=hidden',
  '-ffunction-sections',
  '-fdata-sections',
  '-fstack-protector-strong',
  // Neither the builder's folders inside, nor another result in another folder.
  `-ffile-prefix-map=${repository}/=`,
];

/** Runs one tool of the LLVM 19 family; its own message is the error. */
export async function llvm(tool, args) {
  try {
    return (await run(`${tool}-19`, args, { maxBuffer: 1 << 26 })).stdout;
  } catch (cause) {
    if (cause.code === 'ENOENT') {
      throw new BuildError(
        'COMPILER_MISSING',
        `${tool}-19 is not installed`,
        'Install clang-19, llvm-19 and lld-19.',
        { cause },
      );
    }
    throw new BuildError(
      'COMPILE_FAILED',
      `${tool}-19 failed:\n${String(cause.stderr || cause.message).trim()}`,
      'The lines above are the compiler’s own.',
      { cause },
    );
  }
}

/**
 * Compiles each unit, as many at a time as the machine has processors.
 * @param {readonly { tool: 'clang' | 'clang++', source: string, object: string, flags: string[] }[]} units
 */
export async function compileAll(units) {
  const waiting = [...units];
  const worker = async () => {
    for (let unit = waiting.shift(); unit; unit = waiting.shift()) {
      await llvm(unit.tool, [...unit.flags, '-c', unit.source, '-o', unit.object]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}
