// zlib, libelf and libbpf as position-independent static libraries: Debian's own .a files are not,
// and cannot go into a shared object.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rootKey, sourceFolder, sourceKey } from './sources.mjs';
import { ensure, keyOf } from './stamp.mjs';
import { cache, compileAll, LIBRARY_FLAGS, llvm, targetFlags } from './toolchain.mjs';

const tree = (name) => join(sourceFolder(name), 'tree');

/** libbpf's public headers, the kernel's that they need, and libelf's and zlib's. */
export function ensureHeaders(arch) {
  const key = keyOf([sourceKey('libbpf')], [import.meta.filename]);
  return ensure(join(cache, arch, 'include'), key, async (scratch) => {
    const isPublic =
      /^(bpf|btf|libbpf|libbpf_common|libbpf_legacy|libbpf_version|bpf_(helpers|helper_defs|tracing|endian|core_read)|usdt\.bpf)\.h$/;
    copyHeaders(join(tree('libbpf'), 'src'), join(scratch, 'bpf'), isPublic);
    copyHeaders(join(tree('libbpf'), 'include/uapi/linux'), join(scratch, 'linux'), /\.h$/);
  });
}

/** libelf wants a configuration; these are its answers for Linux with glibc. */
const LIBELF_CONFIG = `
#define PACKAGE_NAME "elfutils"
#define PACKAGE_VERSION "0.188"
#define HAVE_CONFIG_H 1
#define HAVE_ERR_H 1
#define HAVE_ERROR_H 1
#define HAVE_DECL_MEMPCPY 1
#define HAVE_DECL_MEMRCHR 1
#define HAVE_DECL_POWEROF2 1
#define HAVE_DECL_RAWMEMCHR 1
#define HAVE_DECL_REALLOCARRAY 1
#define HAVE_VISIBILITY 1
#define SIZEOF_LONG 8
#include <eu-config.h>
`;

/** How each library is compiled: its units, and the flags that are its own. */
const LIBRARIES = {
  zlib: {
    archive: 'libz.a',
    folder: () => tree('zlib'),
    units: /^(adler32|compress|crc32|deflate|gz\w+|inf\w+|trees|uncompr|zutil)\.c$/,
    flags: () => ['-DHAVE_UNISTD_H', '-DHAVE_STDARG_H', '-Wno-deprecated-non-prototype'],
  },
  elfutils: {
    archive: 'libelf.a',
    folder: () => join(tree('elfutils'), 'libelf'),
    units: /\.c$/,
    flags: (scratch) => {
      writeFileSync(join(scratch, 'config.h'), LIBELF_CONFIG);
      const lib = join(tree('elfutils'), 'lib');
      return ['-std=gnu99', '-D_GNU_SOURCE', '-DHAVE_CONFIG_H', `-I${scratch}`, `-I${lib}`].concat(
        `-I${tree('zlib')}`,
        '-w',
      );
    },
  },
  libbpf: {
    archive: 'libbpf.a',
    folder: () => join(tree('libbpf'), 'src'),
    units: /\.c$/,
    flags: () => [
      '-std=gnu89',
      '-D_LARGEFILE64_SOURCE',
      '-D_FILE_OFFSET_BITS=64',
      `-I${join(tree('libbpf'), 'include')}`,
      `-I${join(tree('libbpf'), 'include/uapi')}`,
      `-I${join(tree('elfutils'), 'libelf')}`,
      `-I${tree('zlib')}`,
      '-w',
    ],
  },
};

/** Key of the compiled libraries of a target. */
export const librariesKey = (arch) =>
  keyOf(
    [rootKey(arch), ...Object.keys(LIBRARIES).map(sourceKey)],
    [import.meta.filename, join(import.meta.dirname, 'toolchain.mjs')],
  );

/** Compiles the three libraries into `.cache/native/<arch>/lib`. */
export function ensureLibraries(arch) {
  return ensure(join(cache, arch, 'lib'), librariesKey(arch), async (scratch) => {
    const objects = join(scratch, 'objects');
    mkdirSync(objects);
    const units = Object.entries(LIBRARIES).map(([name, library]) =>
      unitsOf(name, library, arch, objects),
    );
    await compileAll(units.flat());
    for (const [index, { archive }] of Object.values(LIBRARIES).entries()) {
      const members = units[index].map((unit) => unit.object);
      await llvm('llvm-ar', ['rcsD', join(scratch, archive), ...members]);
    }
    rmSync(objects, { recursive: true });
  });
}

function unitsOf(name, library, arch, objects) {
  const own = join(objects, name);
  mkdirSync(own);
  const folder = library.folder();
  const flags = [...targetFlags(arch), ...LIBRARY_FLAGS, ...library.flags(own)];
  return readdirSync(folder)
    .filter((file) => library.units.test(file))
    .map((file) => ({
      tool: 'clang',
      source: join(folder, file),
      object: join(own, basename(file, '.c').concat('.o')),
      flags: [...flags, `-I${folder}`],
    }));
}

function copyHeaders(from, to, pattern) {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) {
    if (pattern.test(file)) cpSync(join(from, file), join(to, file));
  }
}
