// The binaries of the workspace, by name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolders } from './workspace.mjs';

/** @returns {Map<string, { path: string, description: string }>} every binary a package declares */
export function binaries() {
  const found = new Map();
  for (const folder of packageFolders()) {
    const { bin = {}, description } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    for (const [name, path] of Object.entries(bin)) {
      found.set(name, { path: join(folder, path), description });
    }
  }
  return found;
}

/** How many letters have to be changed, added or dropped to make one word of the other. */
export function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column++) {
      const change = row[column - 1] + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(change, row[column] + 1, next[column - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

/** The one of `names` most like `name`, or null when none is near. */
export function nearest(name, names) {
  const ranked = names
    .map((each) => ({ each, far: distance(name, each) }))
    .sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best !== undefined && best.far <= Math.max(2, name.length / 3) ? best.each : null;
}
