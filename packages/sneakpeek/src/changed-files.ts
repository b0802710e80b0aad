import { setImmediate } from 'node:timers/promises';
import { renderJson, type StorageOptions } from '@imagesnoop/containers';
import { requireCapabilities } from '@imagesnoop/loader';
import { type ChangeRow, rowOf } from './change-row.js';
import { fromText } from './files/byte-path.js';
import { changes } from './files/changes.js';
import type { AttributeSpace } from './files/layer-file.js';
import { MergedTree } from './files/merged-tree.js';
import { type Against, findTargets, type Missed, type Target, type Which } from './targets.js';

/** The loop of the process gets its turn this often, for signals and slow readers. */
const TURN_MS = 20;

/**
 * What a container was made from, or is to be compared with, and what it is now.
 *
 * @throws PermissionError PERMISSION_MISSING: without CAP_SYS_ADMIN the kernel hides what overlayfs noted,
 *   and says nothing
 */
export function treesOf(
  { root }: Target,
  against: Against | null = null,
): { base: MergedTree; now: MergedTree } {
  const { upper, lowers, attributes } = root;
  const own = upper === null ? lowers : [upper, ...lowers];
  const base = against ?? { layers: lowers, attributes };
  return {
    base: treeOf(base.layers, base.attributes, against !== null),
    now: treeOf(own, attributes, true),
  };
}

function treeOf(layers: readonly string[], space: AttributeSpace, isLive: boolean): MergedTree {
  if (space === 'trusted') requireCapabilities('reading layers of overlayfs', ['CAP_SYS_ADMIN']);
  return new MergedTree(layers.map(fromText), space, isLive);
}

/** Rows of changes, ready to be shown. */
export class ChangedFiles {
  readonly targets: readonly Target[];
  readonly missed: readonly Missed[];
  readonly notes: readonly string[];
  readonly #against: Against | null;

  private constructor(found: Awaited<ReturnType<typeof findTargets>>) {
    this.targets = found.targets;
    this.missed = found.missed;
    this.notes = found.notes;
    this.#against = found.against;
  }

  /** @throws as `findTargets()` */
  static async find(
    which: Which,
    against?: string,
    options: StorageOptions = {},
  ): Promise<ChangedFiles> {
    return new ChangedFiles(await findTargets(which, against, options));
  }

  /**
   * All changes of all containers, as many at once as take 20 ms to find.
   *
   * @throws SneakpeekError FILES_UNREADABLE
   */
  async *rows(signal: AbortSignal): AsyncGenerator<readonly ChangeRow[], void, undefined> {
    for (const target of this.targets) {
      const whose = { ...renderJson(target.container), node: null };
      const merged = target.root.merged === null ? null : fromText(target.root.merged);
      let rows: ChangeRow[] = [];
      let until = performance.now() + TURN_MS;
      const { base, now } = treesOf(target, this.#against);
      for (const change of changes(base, now)) {
        if (signal.aborted) return;
        rows.push(rowOf(change, whose, merged));
        if (performance.now() < until) continue;
        yield rows;
        await setImmediate();
        rows = [];
        until = performance.now() + TURN_MS;
      }
      yield rows;
    }
  }
}
