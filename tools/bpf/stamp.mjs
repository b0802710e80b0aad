// Remembers what each object was built from, by content.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ARCHES, flagsFor, ROOT, STRIPPED } from './toolchain.mjs';

const digests = new Map();

/** SHA-256 of a file, read once per process; null when it is not there. */
function digest(path) {
  if (!digests.has(path)) {
    let value = null;
    try {
      value = createHash('sha256')
        .update(readFileSync(resolve(ROOT, path)))
        .digest('hex');
    } catch {}
    digests.set(path, value);
  }
  return digests.get(path);
}

/** Makes the next look at each file read it again. */
export function forgetDigests() {
  digests.clear();
}

function stampPath(source) {
  return join(ROOT, '.cache', 'bpf', `${relative(ROOT, source.path).replaceAll('/', '~')}.json`);
}

function recipe(tools) {
  return [tools.identity, ...STRIPPED, ...Object.keys(ARCHES).flatMap(flagsFor)].join(' ');
}

function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

/** Whether the objects of `source` are those that a compilation would make now. */
export function isFresh(source, tools) {
  let stamp;
  try {
    stamp = JSON.parse(readFileSync(stampPath(source), 'utf8'));
  } catch {
    return false;
  }
  return (
    stamp.recipe === recipe(tools) &&
    Object.entries(stamp.outputs).every(([path, size]) => sizeOf(resolve(ROOT, path)) === size) &&
    Object.entries(stamp.inputs).every(([path, hash]) => digest(path) === hash)
  );
}

/** Records `outputs` as made from `inputs` (paths as clang printed them). */
export function remember(source, tools, inputs, outputs) {
  forgetDigests();
  const stamp = {
    recipe: recipe(tools),
    inputs: Object.fromEntries(inputs.map((path) => [path, digest(path)])),
    outputs: Object.fromEntries(outputs.map(({ path, size }) => [relative(ROOT, path), size])),
  };
  const path = stampPath(source);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(stamp));
  renameSync(`${path}.${process.pid}`, path);
}
