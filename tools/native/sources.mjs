// What is fetched: the sources of the libraries inside the addon, and the root they are compiled
// against. Debian's packages, so that signatures, security patches and mirrors are Debian's.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openArchive, unpack } from '../apt.mjs';
import { ensure, keyOf } from './stamp.mjs';
import { BuildError, cache, TARGETS } from './toolchain.mjs';

const run = promisify(execFile);

/**
 * libbpf 1.5 (trixie) has tcx, raw tracepoint cookies and uprobe.multi. libelf 0.188 (bookworm) is
 * the last that does without libzstd.
 */
const SOURCES = { libbpf: 'trixie', elfutils: 'bookworm', zlib: 'bookworm' };

/**
 * What we change in a source, once in a file. libbpf looks for a kernel type by name for each type
 * that a program relocates, among some 130,000: comparing names before measuring them makes loading
 * a third faster.
 */
const AMENDMENTS = {
  libbpf: [
    {
      file: 'src/libbpf.c',
      from: 'targ_essent_len = bpf_core_essential_name_len(targ_name);',
      to: 'targ_essent_len = strncmp(local_name, targ_name, local_essent_len) ? 0 : bpf_core_essential_name_len(targ_name);',
    },
  ],
};

const ROOT_SUITE = 'bookworm';
const ROOT_PACKAGES = [
  'libc6',
  'libc6-dev',
  'linux-libc-dev',
  'libgcc-s1',
  'libgcc-12-dev',
  'libstdc++6',
  'libstdc++-12-dev',
];

export const sourceFolder = (name) => join(cache, 'source', name);

/** Key of a library's source: changes when it has to be fetched again. */
export const sourceKey = (name) =>
  keyOf([name, SOURCES[name], JSON.stringify(AMENDMENTS[name] ?? [])]);

/** Key of a target's root. */
export const rootKey = (arch) => keyOf([ROOT_SUITE, TARGETS[arch].debian, ...ROOT_PACKAGES]);

/** Fetches and unpacks the source of one library, patched as Debian ships it, and amends it. */
export function ensureSource(name) {
  return ensure(sourceFolder(name), sourceKey(name), async (scratch) => {
    const files = openArchive([SOURCES[name]], { sources: true }).source(name, scratch);
    const description = files.find((file) => file.endsWith('.dsc'));
    const tree = join(scratch, 'tree');
    await tool('dpkg-source', 'dpkg-dev', ['--no-check', '--extract', description, tree]);
    for (const file of files) rmSync(file, { force: true });
    for (const amendment of AMENDMENTS[name] ?? []) amend(tree, amendment);
  });
}

function amend(tree, { file, from, to }) {
  const path = join(tree, file);
  const parts = readFileSync(path, 'utf8').split(from);
  if (parts.length !== 2) {
    throw new BuildError(
      'SOURCE_CHANGED',
      `${file} of ${basename(dirname(tree))} has ${parts.length - 1} places to amend, not 1`,
      'The package has a newer version: look whether tools/native/sources.mjs still applies.',
    );
  }
  writeFileSync(path, parts.join(to));
}

/** Fetches and unpacks the C and C++ libraries that a target is compiled against. */
export function ensureRoot(arch) {
  return ensure(join(cache, arch, 'sysroot'), rootKey(arch), async (scratch) => {
    const { debian } = TARGETS[arch];
    const archive = openArchive([ROOT_SUITE], { architectures: [debian] });
    const folder = `${scratch}.debs`;
    mkdirSync(folder);
    try {
      unpack(
        archive.download(
          ROOT_PACKAGES.map((name) => `${name}:${debian}`),
          folder,
        ),
        scratch,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

async function tool(name, debianPackage, args) {
  try {
    await run(name, args, { maxBuffer: 1 << 24 });
  } catch (cause) {
    if (cause.code !== 'ENOENT') throw cause;
    throw new BuildError('TOOL_MISSING', `${name} is not installed`, `Install ${debianPackage}.`, {
      cause,
    });
  }
}
