import type { StorageOptions } from '@imagesnoop/containers';
import { type Batch, events, type LostEvent, type Source } from '@imagesnoop/output';
import { type ChangeEvent, changeFields } from './change-columns.js';
import type { ChangeRow } from './change-row.js';
import { ChangedFiles } from './changed-files.js';
import { SneakpeekError } from './errors.js';
import { type NodeLosses, nodeRows } from './node-changes.js';
import { type MeantNode, nodesMeant, type WhichNodes } from './nodes/meant.js';
import { whichWords } from './nodes/words.js';
import type { Which } from './targets.js';

export type { LostEvent } from '@imagesnoop/output';
export type { ChangeEvent } from './change-columns.js';
export type { WhichNodes } from './nodes/meant.js';
export type { Which } from './targets.js';
export type { WatchEvent } from './watch/columns.js';
export { fileChanges, plan, type WatchOptions } from './watch/index.js';

export interface ChangesOptions extends Which, WhichNodes, StorageOptions {
  /** A container or image to compare with, instead of each container's own image. */
  readonly against?: string | undefined;
  /** Tables have the paths of the container, not those of the host. */
  readonly chroot?: boolean;
  /** What runs sneakpeek on other nodes. */
  readonly remote?: string | undefined;
  /** Called now and then with the number of changes found so far. */
  readonly onProgress?: (found: number) => void;
}

/**
 * The files that changed in containers, in the order of a walk through each.
 *
 * @throws ContainersError CONTAINER_NOT_FOUND, CONTAINER_AMBIGUOUS, ROOT_UNKNOWN, IMAGE_UNKNOWN,
 *   SneakpeekError FILES_UNREADABLE, INSPECT_UNUSABLE, SneakpeekError NODE_INVALID, NODE_FAILED,
 *   CLUSTER_UNKNOWN, CLUSTER_FAILED (docs/errors.md)
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
export interface ChangesSource extends Source<ChangeRow> {
  /** Why containers of this machine could not be looked at. */
  readonly missed: readonly string[];
}

/** Finds the containers that are meant, on this machine or by way of others. */
export async function openChanges(options: ChangesOptions): Promise<ChangesSource> {
  const nodes = await nodesMeant(options);
  if (nodes !== null && options.file !== undefined) {
    const hint = 'Leave out -a, --cluster or -f.';
    throw new SneakpeekError(
      'NODE_INVALID',
      '-f is a file of this machine, not of another node',
      hint,
    );
  }
  const find = () => ChangedFiles.find(options, options.against, options);
  return nodes === null ? ofThisMachine(await find(), options) : ofNodes(nodes, find, options);
}

function ofThisMachine(found: ChangedFiles, { chroot, onProgress }: ChangesOptions): ChangesSource {
  const { targets, missed, notes } = found;
  const isMounted = targets.every(({ root }) => root.merged !== null);
  return sourceOf(
    (signal) => found.rows(signal),
    () => missed.length,
    {
      fields: changeFields({ hostPaths: isMounted && !chroot, several: targets.length > 1 }),
      missed: missed.map(({ why }) => why),
      notes,
      where: targets.length === 1 ? '' : ` in ${targets.length} containers`,
      onProgress,
    },
  );
}

function ofNodes(
  nodes: readonly MeantNode[],
  here: () => Promise<ChangedFiles>,
  options: ChangesOptions,
): ChangesSource {
  const { chroot = false, remote, onProgress } = options;
  const losses: NodeLosses = { containers: 0, lines: 0 };
  const question = {
    nodes,
    words: ['files', '--output=json', '--quiet', ...whichWords(options)],
    remote,
    here,
  };
  return sourceOf(
    (signal) => nodeRows(question, losses, signal),
    () => losses.containers + losses.lines,
    {
      fields: changeFields({ hostPaths: !chroot, several: true, nodes: true }),
      missed: [],
      notes: nodes.map(({ address, isHere }) => `node ${address}${isHere ? ' (here)' : ''}`),
      where: ` on ${nodes.length} node${nodes.length === 1 ? '' : 's'}`,
      onProgress,
    },
  );
}

interface About {
  readonly fields: ChangesSource['fields'];
  readonly missed: readonly string[];
  readonly notes: readonly string[];
  readonly where: string;
  readonly onProgress: ChangesOptions['onProgress'];
}

function sourceOf(
  rows: (signal: AbortSignal) => AsyncIterable<readonly ChangeRow[]>,
  lost: () => number,
  { fields, missed, notes, where, onProgress }: About,
): ChangesSource {
  let total = 0;
  return {
    fields,
    missed,
    async *batches(signal): AsyncGenerator<Batch<ChangeRow>> {
      for await (const batch of rows(signal)) {
        total += batch.length;
        onProgress?.(total);
        yield { rows: batch, lost: [] };
      }
      const count = lost();
      const hint =
        'containers whose files are not to be had: overlayfs has to have made their root';
      if (count > 0) yield { rows: [], lost: [{ count, total: count, cause: 'container', hint }] };
    },
    notes: () => notes,
    summary: () => `${total} change${total === 1 ? '' : 's'}${where}`,
    close() {},
  };
}
