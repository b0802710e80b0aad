import { type ChangeRow, rowFromJson } from './change-row.js';
import type { ChangedFiles } from './changed-files.js';
import type { MeantNode } from './nodes/meant.js';
import { failureOf, linesOf, prefixOf } from './nodes/pass-through.js';

/** As many rows of a node as are handed on together. */
const BATCH = 256;

/** What is asked of nodes. */
export interface NodeQuestion {
  readonly nodes: readonly MeantNode[];
  /** Words of the command line there. */
  readonly words: readonly string[];
  readonly remote: string | undefined;
  /** For the node that is this machine. */
  readonly here: () => Promise<ChangedFiles>;
}

/** What nodes counted as not looked at, and lines that make no sense. */
export interface NodeLosses {
  containers: number;
  lines: number;
}

/**
 * The changes of all nodes, one node after the other.
 *
 * @throws SneakpeekError NODE_FAILED, once all others have been asked
 */
export async function* nodeRows(
  { nodes, words, remote, here }: NodeQuestion,
  losses: NodeLosses,
  signal: AbortSignal,
): AsyncGenerator<readonly ChangeRow[], void, undefined> {
  const failures: Error[] = [];
  for (const node of nodes.filter(({ isHere }) => isHere)) {
    const found = await here();
    losses.containers += found.missed.length;
    for await (const rows of found.rows(signal)) {
      yield rows.map((row) => ({ ...row, node: node.address }));
    }
  }
  const others = nodes.filter(({ isHere }) => !isHere);
  let rows: ChangeRow[] = [];
  for await (const each of linesOf(others, prefixOf(remote), words, signal)) {
    if ('failed' in each) {
      failures.push(each.failed);
      continue;
    }
    const event = parsed(each.line);
    if (event?.type === 'summary') continue;
    if (event?.type === 'lost') losses.containers += Number(event.count) || 0;
    else {
      const row = event && rowFromJson(event, each.node.address);
      if (row) rows.push(row);
      else losses.lines++;
    }
    if (rows.length < BATCH) continue;
    yield rows;
    rows = [];
  }
  yield rows;
  const failure = failureOf(failures, nodes.length);
  if (failure !== undefined && !signal.aborted) throw failure;
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
