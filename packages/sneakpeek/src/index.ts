import type { StorageOptions } from '@imagesnoop/containers';
import { type Batch, events, type LostEvent, type Source } from '@imagesnoop/output';
import type { ChangeRow } from './change-row.js';
import { ChangedFiles } from './changed-files.js';
import { type ChangeEvent, changeFields } from './columns.js';
import type { Which } from './targets.js';

export type { LostEvent } from '@imagesnoop/output';
export type { ChangeEvent } from './columns.js';
export type { Which } from './targets.js';

export interface ChangesOptions extends Which, StorageOptions {
  /** A container or image to compare with, instead of each container's own image. */
  readonly against?: string | undefined;
  /** Tables have the paths of the container, not those of the host. */
  readonly chroot?: boolean;
  /** Called now and then with the number of changes found so far. */
  readonly onProgress?: (found: number) => void;
}

/**
 * The files that changed in containers, in the order of a walk through each.
 *
 * @throws ContainersError CONTAINER_NOT_FOUND, CONTAINER_AMBIGUOUS, ROOT_UNKNOWN, IMAGE_UNKNOWN,
 *   FilesError FILES_UNREADABLE, INSPECT_UNUSABLE (docs/errors.md)
 *
 * @example
 * for await (const event of changedFiles({ container: ['web'] })) {
 *   if (event.type === 'change') console.log(event.change, event.path);
 * }
 */
export async function* changedFiles({
  signal,
  ...options
}: ChangesOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<
  ChangeEvent | LostEvent,
  void,
  void
> {
  yield* events<ChangeEvent, ChangeRow>(await openChanges(options), signal);
}

/** What the command shows: containers are found, their files not yet looked at. */
export async function openChanges({
  against,
  chroot = false,
  onProgress,
  ...options
}: ChangesOptions): Promise<Source<ChangeRow> & { readonly missed: readonly string[] }> {
  const found = await ChangedFiles.find(options, against, options);
  const { targets, missed, notes } = found;
  const isMounted = targets.every(({ root }) => root.merged !== null);
  let rows = 0;
  return {
    fields: changeFields({ hostPaths: isMounted && !chroot, several: targets.length > 1 }),
    missed: missed.map(({ why }) => why),
    async *batches(signal): AsyncGenerator<Batch<ChangeRow>> {
      for await (const batch of found.rows(signal)) {
        rows += batch.length;
        onProgress?.(rows);
        yield { rows: batch, lost: [] };
      }
      const count = missed.length;
      const hint = 'files can be looked at where containers use overlayfs; see the lines below';
      if (count > 0) yield { rows: [], lost: [{ count, total: count, cause: 'container', hint }] };
    },
    notes: () => notes,
    summary: () => {
      const whose = targets.length === 1 ? '' : ` in ${targets.length} containers`;
      return `${rows} change${rows === 1 ? '' : 's'}${whose}`;
    },
    close() {},
  };
}
