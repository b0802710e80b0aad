import { existsSync } from 'node:fs';
import type { Containers, Selection } from '@imagesnoop/containers';
import { NamespaceMap } from '@imagesnoop/loader';

const FOLDER = '/sys/fs/bpf';

/**
 * Where the map of containers is pinned, as the original names it: `mnt_ns_` and the name. The bpf
 * file system takes no dots.
 */
export function mapPath(names: readonly string[]): string {
  const [only] = names;
  const name = names.length === 1 && only !== undefined ? only : 'set';
  return `${FOLDER}/mnt_ns_${name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;
}

/**
 * Puts a mount namespace into a pinned map, which is made if it is not there.
 *
 * @returns whether it was not in it before
 * @throws as `NamespaceMap.open()`
 */
export function addToMap(path: string, inode: bigint): boolean {
  const map = NamespaceMap.open(path);
  try {
    const isNew = !map.members().includes(inode);
    if (isNew) map.add(inode);
    return isNew;
  } finally {
    map.close();
  }
}

/** A pinned map that has the mount namespaces of containers, whenever these start anew. */
export class FollowedMap {
  readonly path: string;
  readonly #map: NamespaceMap;
  readonly #isOurs: boolean;
  #selection: Selection | undefined;

  private constructor(path: string, map: NamespaceMap, isOurs: boolean) {
    this.path = path;
    this.#map = map;
    this.#isOurs = isOurs;
  }

  /**
   * Makes the map, or takes the one that is there, and lets it have these containers alone.
   *
   * @param names those that do not run yet are awaited with `wait`
   * @throws what `Containers.select()` and `NamespaceMap.open()` throw
   */
  static async open(
    path: string,
    containers: Containers,
    names: readonly string[],
    wait: boolean,
  ): Promise<FollowedMap> {
    let followed: FollowedMap | undefined;
    const selection = await containers.select(
      { containers: names },
      { wait, onChange: () => followed?.update() },
    );
    try {
      const isOurs = !existsSync(path);
      followed = new FollowedMap(path, NamespaceMap.open(path), isOurs);
      followed.#selection = selection;
      followed.update();
      return followed;
    } catch (error) {
      selection.close();
      throw error;
    }
  }

  /** Inodes in the map. */
  get members(): readonly bigint[] {
    return this.#map.members();
  }

  update(): void {
    this.#map.replace(this.#selection?.keys.mntns ?? []);
  }

  /** Ends following. @param keep the pin stays also if this made it */
  close(keep: boolean): void {
    this.#selection?.close();
    if (this.#isOurs && !keep) this.#map.unpin();
    this.#map.close();
  }
}
