// The addon itself: packages/bpf-core/native against the libraries, into one self-contained file.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { librariesKey } from './libraries.mjs';
import { filesIn, keyOf } from './stamp.mjs';
import {
  cache,
  compileAll,
  LIBRARY_FLAGS,
  llvm,
  nodeHeaders,
  repository,
  targetFlags,
} from './toolchain.mjs';

const bpfCore = join(repository, 'packages/bpf-core');
const native = join(bpfCore, 'native');
const SOURCES = /\.(cc|c|h|map)$/;

export const addonPath = (arch) => join(bpfCore, `prebuilds/linux-${arch}.node`);
const stampPath = (arch) => join(cache, arch, 'addon.stamp');

const addonKey = (arch) =>
  keyOf(
    [librariesKey(arch), process.versions.modules],
    [import.meta.filename, ...filesIn(native, SOURCES)],
  );

/** Whether the addon is there and made from the present sources. */
export function addonIsFresh(arch) {
  const [addon, stamp] = [addonPath(arch), stampPath(arch)];
  return existsSync(addon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === addonKey(arch);
}

// libbpf's LIBBPF_OPTS names the size alone and zeroes the rest, as the language says.
const WARNINGS = ['-Wall', '-Wextra', '-Wshadow', '-Wnon-virtual-dtor', '-Werror'].concat(
  '-Wno-missing-designated-field-initializers',
);

const CXX_FLAGS = [
  '-std=c++20',
  '-DNAPI_VERSION=8',
  // Also std::bad_alloc becomes an exception of JavaScript.
  '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL',
  // A worker that is being terminated takes no exception: it ends quietly, not the process.
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
];

/** Compiles and links the addon of a target; libstdc++ is the one node itself already needs. */
export async function ensureAddon(arch) {
  if (addonIsFresh(arch)) return false;
  const key = addonKey(arch);
  const objects = join(cache, arch, `addon.${process.pid}.new`);
  mkdirSync(objects, { recursive: true });
  try {
    const units = filesIn(native, /\.(cc|c)$/).map((source) => unit(source, objects, arch));
    await compileAll(units);
    await link(
      units.map((each) => each.object),
      arch,
      join(objects, 'addon.node'),
    );
    mkdirSync(join(bpfCore, 'prebuilds'), { recursive: true });
    rmSync(stampPath(arch), { force: true });
    // Renamed, never overwritten: a running process may have the old file mapped.
    renameSync(join(objects, 'addon.node'), addonPath(arch));
    writeFileSync(stampPath(arch), key);
  } finally {
    rmSync(objects, { recursive: true, force: true });
  }
  return true;
}

function unit(source, objects, arch) {
  const isC = source.endsWith('.c');
  const system = [
    join(cache, arch, 'include'),
    nodeHeaders(),
    join(bpfCore, 'node_modules/node-addon-api'),
  ];
  return {
    tool: isC ? 'clang' : 'clang++',
    source,
    object: join(objects, `${basename(source)}.o`),
    flags: [
      ...targetFlags(arch),
      ...LIBRARY_FLAGS,
      ...WARNINGS,
      ...(isC ? ['-std=c11'] : CXX_FLAGS),
      '-D_FORTIFY_SOURCE=2',
      ...system.flatMap((folder) => ['-isystem', folder]),
      `-I${native}`,
    ],
  };
}

function link(objects, arch, output) {
  const libraries = ['libbpf.a', 'libelf.a', 'libz.a'];
  return llvm('clang++', [
    ...targetFlags(arch),
    '-shared',
    '--ld-path=ld.lld-19',
    '-Wl,--exclude-libs,ALL',
    `-Wl,--version-script=${join(native, 'exports.map')}`,
    '-Wl,--gc-sections',
    '-Wl,--icf=safe',
    '-Wl,-z,now',
    '-Wl,-z,noexecstack',
    '-Wl,--strip-all',
    '-Wl,--as-needed',
    ...objects,
    ...libraries.map((name) => join(cache, arch, 'lib', name)),
    '-o',
    output,
  ]);
}
