import type { BigIntStats } from 'node:fs';
import type { BytePath } from './byte-path.js';
import {
  type AttributeSpace,
  HeldDirectory,
  namesIn,
  type OverlayMarks,
  overlayMarks,
  statOf,
} from './layer-file.js';

/** One directory of one layer. */
export interface LayerDirectory {
  /** Which layer, 0 the topmost. */
  readonly layer: number;
  readonly path: BytePath;
  /** Files in here may be whiteouts by their attributes. */
  readonly whiteouts: boolean;
}

/** The directories that show as one, topmost first. */
export type MergedDirectory = readonly LayerDirectory[];

/** A file as it shows. */
export interface MergedFile {
  readonly stat: BigIntStats;
  /** Where the topmost of its layers has it. */
  readonly path: BytePath;
  readonly layer: number;
  /** Not null for directories. */
  readonly directory: MergedDirectory | null;
  /** Where the content is; another place than `path` when only metadata was copied up. */
  readonly content: BytePath;
}

/** Parts of a path. */
const partsOf = (path: BytePath): BytePath[] => path.split('/').filter((part) => part !== '');

/**
 * What overlayfs shows of layers, told from the layers themselves: whiteouts, opaque directories,
 * redirects, files of which only the metadata was copied. Nothing is mounted.
 * Source: Linux, Documentation/filesystems/overlayfs.rst.
 */
export class MergedTree {
  readonly root: MergedDirectory;
  readonly #space: AttributeSpace;
  readonly #isLive: boolean;

  /**
   * @param layers directories, topmost first
   * @param space whose attributes to believe; see `OverlayRoot.attributes`
   * @param isLive somebody may be changing the topmost layer: a container that runs
   */
  constructor(layers: readonly BytePath[], space: AttributeSpace = 'trusted', isLive = true) {
    this.#space = space;
    this.#isLive = isLive;
    this.root = layers.map((path, layer) => ({ layer, path, whiteouts: this.#whiteouts(path) }));
  }

  /** Names that may show in a directory; `lookup()` tells whether they do. */
  names(directory: MergedDirectory): Set<BytePath> {
    return new Set(directory.flatMap(({ path }) => namesIn(path)));
  }

  /** What shows under a name, or null. @throws SneakpeekError */
  lookup(directory: MergedDirectory, name: BytePath): MergedFile | null {
    let top: { stat: BigIntStats; path: BytePath; layer: number } | undefined;
    const merged: LayerDirectory[] = [];
    let [stack, target] = [directory, name];
    for (let i = 0; i < stack.length; i++) {
      const { layer, path: folder, whiteouts } = stack[i] as LayerDirectory;
      const path = `${folder}/${target}`;
      const stat = statOf(path);
      if (stat === null) continue;
      if (isWhiteout(stat)) break;
      if (!stat.isDirectory()) {
        if (top !== undefined) break; // a directory above covers it
        const marks = stat.isFile() ? overlayMarks(path, this.#space) : null;
        if (whiteouts && marks?.whiteout) break;
        const below = marks?.metacopy && this.#below(stack.slice(i + 1), layer, marks, target);
        return { stat, path, layer, directory: null, content: below || path };
      }
      top ??= { stat, path, layer };
      const marks = overlayMarks(path, this.#space);
      merged.push({ layer, path, whiteouts: marks.opaque === 'x' });
      if (marks.opaque === 'y') break;
      if (marks.redirect !== null) {
        [stack, target] = this.#redirected(stack.slice(i + 1), layer, marks.redirect);
        i = -1;
      }
    }
    return top === undefined ? null : { ...top, directory: merged, content: top.path };
  }

  /** Opens the topmost directory where it may be changing; close what is returned. */
  hold(directory: MergedDirectory): { directory: MergedDirectory; close(): void } | null {
    const [top, ...rest] = directory;
    if (top === undefined || !this.#isLive) return { directory, close: () => {} };
    const held = HeldDirectory.open(top.path);
    if (held === null) return null;
    return { directory: [{ ...top, path: held.path }, ...rest], close: () => held.close() };
  }

  /** Where the content of a file is whose metadata alone are here. */
  #below(
    stack: MergedDirectory,
    layer: number,
    { redirect }: OverlayMarks,
    name: BytePath,
  ): BytePath | null {
    const [from, target] =
      redirect === null ? [stack, name] : this.#redirected(stack, layer, redirect);
    return this.lookup(from, target)?.content ?? null;
  }

  /** Where the lower layers have what was renamed, and under which name. */
  #redirected(
    below: MergedDirectory,
    layer: number,
    redirect: BytePath,
  ): [MergedDirectory, BytePath] {
    const parts = partsOf(redirect);
    const name = parts.pop() ?? '';
    if (!redirect.startsWith('/')) return [below, name];
    let directory: MergedDirectory | null = this.root.filter((each) => each.layer > layer);
    for (const part of parts) {
      directory = this.lookup(directory, part)?.directory ?? null;
      if (directory === null) return [[], name];
    }
    return [directory, name];
  }

  #whiteouts(path: BytePath): boolean {
    return overlayMarks(path, this.#space).opaque === 'x';
  }
}

/** A character device 0/0. Source: include/linux/fs.h (IS_WHITEOUT). */
const isWhiteout = (stat: BigIntStats): boolean => stat.isCharacterDevice() && stat.rdev === 0n;
