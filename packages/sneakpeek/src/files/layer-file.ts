import { type BigIntStats, closeSync, constants, lstatSync, openSync, readdirSync } from 'node:fs';
import { extendedAttributes } from '@imagesnoop/loader';
import { type BytePath, bytesOf, forFs } from './byte-path.js';
import { unreadable } from './errors.js';

/** What overlayfs notes of a file or directory of a layer. */
export interface OverlayMarks {
  /** Nothing of the layers below shows through; `x`: but files in here may be whiteouts. */
  readonly opaque: 'y' | 'x' | null;
  /** Where it was before it was renamed: a name in the same directory, or a path from the root. */
  readonly redirect: BytePath | null;
  /** Only owner, mode and times changed: the content is below. */
  readonly metacopy: boolean;
  /** It stands for "removed". */
  readonly whiteout: boolean;
}

export type AttributeSpace = 'trusted' | 'user';

/** Marks of one file. Source: Linux, fs/overlayfs/overlayfs.h (enum ovl_xattr). */
export function overlayMarks(path: BytePath, space: AttributeSpace): OverlayMarks {
  const attributes = attributesOf(path);
  const value = (name: string): Uint8Array | undefined =>
    attributes.get(`${space}.overlay.${name}`);
  const text = (name: string): BytePath | null => {
    const bytes = value(name);
    return bytes === undefined ? null : Buffer.from(bytes).toString('latin1');
  };
  const opaque = text('opaque');
  return {
    opaque: opaque === 'y' || opaque === 'x' ? opaque : null,
    redirect: text('redirect'),
    metacopy: value('metacopy') !== undefined,
    whiteout: value('whiteout') !== undefined,
  };
}

/** Extended attributes; none of a file that is gone. @throws SneakpeekError */
export function attributesOf(path: BytePath): ReadonlyMap<string, Uint8Array> {
  try {
    return extendedAttributes(bytesOf(path));
  } catch (error) {
    if ((error as { errno?: number }).errno === ENOENT) return new Map();
    throw unreadable('read attributes of', path, error);
  }
}

const ENOENT = 2;
/** What tells that there is nothing (any more), as against nothing that we may see. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

/** The file itself, not what a link points to; null when there is none. @throws SneakpeekError */
export function statOf(path: BytePath): BigIntStats | null {
  try {
    return lstatSync(forFs(path), { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code)) return null;
    throw unreadable('look at', path, error);
  }
}

/** Names in a directory; none in one that is gone. @throws SneakpeekError */
export function namesIn(path: BytePath): BytePath[] {
  try {
    const names = readdirSync(forFs(path), { encoding: 'buffer' }) as unknown as Buffer[];
    return names.map((name) => name.toString('latin1'));
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code)) return [];
    throw unreadable('list', path, error);
  }
}

/**
 * A directory that somebody may be changing, held open: its path leads to itself whatever is renamed
 * above it or put in its place, a link to a directory of the host for instance. Close it.
 */
export class HeldDirectory {
  readonly path: BytePath;
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
    this.path = `/proc/self/fd/${fd}`;
  }

  /** Null when there is no such directory (any more). @throws SneakpeekError */
  static open(path: BytePath): HeldDirectory | null {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    try {
      return new HeldDirectory(openSync(forFs(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (ABSENT.has(code) || code === 'ELOOP') return null;
      throw unreadable('open', path, error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
