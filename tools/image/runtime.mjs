// Node.js as its makers publish it, with the shared libraries of Debian that it asks for.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openArchive, unpack } from '../apt.mjs';
import { importsOf } from '../native/elf-imports.mjs';
import { TARGETS } from '../native/toolchain.mjs';
import { ROOT, toolEnv } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';

/** A long-term release, independent of the Node.js that builds: the image brings its own. */
export const NODE_VERSION = '24.21.0';

/** The oldest suite that has what Node.js needs, still supported. */
const SUITE = 'bookworm';
const DEBS = ['libc6', 'libgcc-s1', 'libstdc++6', 'gcc-12-base'];
const INTERPRETERS = { x64: 'lib64/ld-linux-x86-64.so.2', arm64: 'lib/ld-linux-aarch64.so.1' };
/** What is copied beside programs, so that nobody gets them without their terms. */
const NOTICES = ['libc6', 'gcc-12-base'].map((name) => `usr/share/doc/${name}/copyright`);

/**
 * A folder with `usr/bin/node`, the libraries and their licences, made once per version.
 *
 * @param {'x64' | 'arm64'} arch
 * @returns {Promise<string>} below .cache/image
 */
export async function ensureRuntime(arch) {
  const folder = join(ROOT, '.cache', 'image', `node-${NODE_VERSION}-${arch}`);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const making = mkdtempSync(`${folder}.`);
  try {
    const root = join(making, 'root');
    await addNode(join(making, 'npm'), root, arch);
    addLibraries(join(making, 'debian'), root, arch);
    chmodSync(root, 0o755);
    renameSync(root, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

async function addNode(work, root, arch) {
  const name = `node-linux-${arch}`;
  // By force, since npm may know that it is for another machine.
  const flags = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...flags, '--prefix', work, `${name}@${NODE_VERSION}`], {
    env: toolEnv(),
  });
  const from = join(work, 'node_modules', name);
  const node = put(join(from, 'bin/node'), root, 'usr/bin/node');
  put(join(from, 'LICENSE'), root, 'usr/share/doc/node/LICENSE');
  // Names of local functions, an eighth of the file; what addons ask for stays.
  await run('llvm-strip-19', [node]);
}

function addLibraries(work, root, arch) {
  const { debian, triple } = TARGETS[arch];
  const archive = openArchive([SUITE], { architectures: [debian], native: debian });
  unpack(archive.download(DEBS, join(work, 'debs')), work);
  for (const path of NOTICES) put(join(work, path), root, path);
  put(find(work, triple, basename(INTERPRETERS[arch])), root, INTERPRETERS[arch]);
  const taken = new Set([basename(INTERPRETERS[arch])]);
  const wanted = [join(root, 'usr/bin/node')];
  for (const file of wanted) {
    for (const library of importsOf(readFileSync(file)).needed) {
      if (taken.has(library)) continue;
      taken.add(library);
      wanted.push(put(find(work, triple, library), root, `lib/${triple}/${library}`));
    }
  }
}

function find(debian, triple, library) {
  const folders = [`lib/${triple}`, `usr/lib/${triple}`].map((folder) => join(debian, folder));
  const folder = folders.find((each) => existsSync(join(each, library)));
  if (folder === undefined) throw new Error(`none of ${DEBS.join(', ')} has ${library}`);
  return join(folder, library);
}

/** Copies a file, not a link to it. */
function put(from, root, path) {
  const to = join(root, path);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  return to;
}
