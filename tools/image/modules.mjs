// Our packages as published, and what they depend on in the versions of the lock file.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packAll } from '../packages/pack.mjs';
import { run } from '../setup/run.mjs';

const OURS = '@imagesnoop/';

/**
 * Fills a `node_modules` folder. Nothing is fetched: what others made is taken from the workspace.
 *
 * @param {string} folder to be made
 */
export async function installModules(folder) {
  const packs = mkdtempSync(join(tmpdir(), 'imagesnoop-packs-'));
  try {
    for (const { folder: source, manifest, tarball } of await packAll(packs)) {
      const target = join(folder, manifest.name);
      mkdirSync(target, { recursive: true });
      await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1', '--no-same-owner']);
      install(manifest, source, folder, target);
    }
  } finally {
    rmSync(packs, { recursive: true });
  }
}

/**
 * Puts the dependencies of a package where Node.js finds them: at the top, or below the package if there
 * is another version at the top.
 *
 * @param {{ dependencies?: Record<string, string> }} manifest of the package
 * @param {string} source where it is in the workspace
 * @param {string} top the `node_modules` folder
 * @param {string} parent where the package is now
 */
export function install({ dependencies = {} }, source, top, parent) {
  for (const name of Object.keys(dependencies)) {
    if (name.startsWith(OURS)) continue;
    const from = locate(name, source);
    const manifest = readManifest(from);
    const places = [join(top, name), join(parent, 'node_modules', name)];
    const place = places.find(
      (each) => !existsSync(each) || readManifest(each).version === manifest.version,
    );
    if (existsSync(place)) continue;
    // Its own dependencies lie beside it in pnpm's store, and are looked for there.
    cpSync(from, place, { recursive: true, dereference: true, filter: isOwn(from) });
    install(manifest, from, top, place);
  }
}

function isOwn(folder) {
  return (path) => path !== join(folder, 'node_modules');
}

/** A package as Node.js would find it from a folder. */
function locate(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(path)) return realpathSync(path);
    if (folder === dirname(folder)) throw new Error(`${name} is not installed for ${from}`);
  }
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
