// Overlays of the tests' own, mounted below /tmp, and what two mounted trees differ in.
import { execFileSync } from 'node:child_process';
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An overlay: `base` shows what it was made from, `merged` what became of it. */
export interface TestOverlay {
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly merged: string;
  /** Mounts: what is written to `lowers` before. */
  mount(): void;
  /** A read-only mount of the lower layers alone. */
  readonly base: string;
  remove(): void;
}

/** @param options of the mount, such as `redirect_dir=on` */
export function testOverlay(lowers: number, options: readonly string[] = []): TestOverlay {
  const dir = mkdtempSync(join(tmpdir(), 'imagesnoop-sneakpeek-'));
  const make = (name: string): string => {
    mkdirSync(join(dir, name));
    return join(dir, name);
  };
  const layers = Array.from({ length: lowers }, (_, i) => make(`lower${i}`));
  const [upper, work, merged, base, empty] = ['upper', 'work', 'merged', 'base', 'empty'].map(make);
  const all = (list: readonly (string | undefined)[]) => `lowerdir=${list.join(':')}`;
  const mount = (layout: string, where = '') =>
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layout, where]);
  return {
    lowers: layers,
    upper: upper as string,
    merged: merged as string,
    base: base as string,
    mount() {
      // A lower-only overlay has two layers at least.
      const follow = options.includes('userxattr') ? 'userxattr' : 'redirect_dir=follow';
      mount([all([...layers, empty]), follow].join(), base);
      mount([all(layers), `upperdir=${upper}`, `workdir=${work}`, ...options].join(), merged);
    },
    remove() {
      for (const each of [merged, base]) {
        try {
          execFileSync('umount', [each as string], { stdio: 'pipe' });
        } catch {
          // not mounted
        }
      }
      execFileSync('rm', ['-rf', dir]); // Node's own way has no stack for very deep trees
    },
  };
}

/** Path to stat, of everything below a directory; names as latin1. */
type Tree = ReadonlyMap<string, BigIntStats>;

function treeOf(root: string): Tree {
  const tree = new Map<string, BigIntStats>();
  const walk = (path: string): void => {
    const full = Buffer.from(`${root}${path}`, 'latin1');
    for (const name of readdirSync(full, { encoding: 'buffer' }) as unknown as Buffer[]) {
      const inner = `${path}/${name.toString('latin1')}`;
      const stat = lstatSync(Buffer.from(`${root}${inner}`, 'latin1'), { bigint: true });
      tree.set(inner, stat);
      if (stat.isDirectory()) walk(inner);
    }
  };
  walk('');
  return tree;
}

/**
 * What differs between two mounted trees, found by looking at every file of both: `A /path`, sorted.
 * The truth that changes() is held against; it shares no code with it.
 */
export function differences(base: string, merged: string): string[] {
  const [was, is] = [treeOf(base), treeOf(merged)];
  const at = (root: string, path: string) => Buffer.from(`${root}${path}`, 'latin1');
  const content = (root: string, path: string, stat: BigIntStats): string => {
    if (stat.isSymbolicLink()) return readlinkSync(at(root, path)).toString();
    return stat.isFile() ? readFileSync(at(root, path)).toString('latin1') : '';
  };
  const found: string[] = [];
  for (const [path, stat] of is) {
    const before = was.get(path);
    if (before === undefined) found.push(`A ${path}`);
    else if (
      before.mode !== stat.mode ||
      before.uid !== stat.uid ||
      before.gid !== stat.gid ||
      before.mtimeNs !== stat.mtimeNs ||
      before.rdev !== stat.rdev ||
      content(base, path, before) !== content(merged, path, stat)
    )
      found.push(`C ${path}`);
  }
  for (const [path] of was) {
    const parent = path.slice(0, path.lastIndexOf('/'));
    const parentIsThere = parent === '' || is.get(parent)?.isDirectory();
    if (!is.has(path) && parentIsThere) found.push(`D ${path}`);
  }
  return found.sort();
}
