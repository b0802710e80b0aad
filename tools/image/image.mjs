// The container image: a root file system out of its parts, and buildah, which writes it down.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TARGETS } from '../native/toolchain.mjs';
import { sizeOf } from '../packages/contents.mjs';
import { ROOT } from '../setup/paths.mjs';
import { run } from '../setup/run.mjs';
import { installModules } from './modules.mjs';
import { ensureRuntime } from './runtime.mjs';

const HERE = import.meta.dirname;
/**
 * Builds the image of what the workspace holds, which has to be built already, and writes it to a file.
 * As root, with buildah; what buildah keeps for itself is removed.
 *
 * @param {object} options
 * @param {'x64' | 'arm64'} [options.arch] default this machine's
 * @param {string} options.tag e.g. `imagesnoop:latest`
 * @param {'docker-archive' | 'oci-archive'} options.format
 * @param {string} options.path the file to write, replaced if it is there
 * @returns {Promise<{ path: string, bytes: number, archiveBytes: number }>} bytes of its files, and of the
 *   archive
 */
export async function buildImage({ arch = process.arch, tag, format, path }) {
  const work = mkdtempSync(join(tmpdir(), 'imagesnoop-image-'));
  try {
    const root = join(work, 'root');
    await makeRoot(root, arch);
    const bytes = sizeOf(root);
    const archive = resolve(ROOT, path);
    rmSync(archive, { force: true });
    await commit({ root, work, arch, target: `${format}:${archive}:${tag}` });
    return { path: archive, bytes, archiveBytes: statSync(archive).size };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What is in the image, as a folder. */
export async function makeRoot(root, arch) {
  cpSync(await ensureRuntime(arch), root, { recursive: true });
  const ours = join(root, 'opt', 'imagesnoop');
  mkdirSync(ours, { recursive: true });
  cpSync(join(HERE, 'entry.mjs'), join(ours, 'entry.mjs'));
  await installModules(join(ours, 'node_modules'));
}

async function commit({ root, work, arch, target }) {
  const storage = ['--root', join(work, 'storage'), '--runroot', join(work, 'run')];
  const buildah = (...args) =>
    run('buildah', ['--storage-driver', 'vfs', ...storage, ...args], {
      env: { ...process.env, TMPDIR: work },
    });
  const id = join(work, 'id');
  const what = ['--arch', TARGETS[arch].debian, '--timestamp', await commitTime(), '--iidfile', id];
  await buildah('build', ...what, '--file', join(HERE, 'Containerfile'), root);
  await buildah('push', readFileSync(id, 'utf8'), target);
}

/** Files and image bear the time of the last commit, so that what it holds is one image wherever it is built. */
async function commitTime() {
  const said = await run('git', ['log', '-1', '--format=%ct']).catch(() => '');
  return /^\d+/.exec(said)?.[0] ?? '0';
}
