import { packageVersion } from '@imagesnoop/output';
import { SneakpeekError } from '../errors.js';
import type { MeantNode } from './meant.js';
import { RemoteCommand, remoteCommand } from './ssh.js';

/** So many nodes are connected to at once. */
const AHEAD = 8;

/** What runs sneakpeek on a node: `--remote`, or npx with this version. */
export const prefixOf = (remote: string | undefined): string =>
  remote ?? remoteCommand(packageVersion(import.meta.url));

/** A line of a node, or why there are none. */
export type NodeLine =
  | { readonly node: MeantNode; readonly line: string }
  | { readonly node: MeantNode; readonly failed: Error };

/**
 * Runs the same words on several nodes, some of them at once, and gives their lines in the order of
 * the nodes. What was not asked for yet waits on the other side of ssh.
 */
export async function* linesOf(
  nodes: readonly MeantNode[],
  prefix: string,
  words: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<NodeLine, void, undefined> {
  const commands: (RemoteCommand | Error)[] = [];
  for (const [at, node] of nodes.entries()) {
    while (commands.length < Math.min(nodes.length, at + AHEAD)) {
      commands.push(started(nodes[commands.length] as MeantNode, prefix, words, signal));
    }
    const command = commands[at] as RemoteCommand | Error;
    try {
      if (command instanceof Error) throw command;
      for await (const line of command.lines()) yield { node, line };
    } catch (error) {
      if (!(error instanceof SneakpeekError)) throw error;
      yield { node, failed: error };
    }
  }
}

function started(...args: ConstructorParameters<typeof RemoteCommand>): RemoteCommand | Error {
  try {
    return new RemoteCommand(...args);
  } catch (error) {
    return error as Error;
  }
}

/** One error of those that nodes ended with; the only one as it is. */
export function failureOf(failures: readonly Error[], nodes: number): Error | undefined {
  const [first] = failures;
  if (failures.length < 2 && nodes < 2) return first;
  if (first === undefined) return undefined;
  const all = failures.map(({ message }) => message).join('\n  ');
  return new SneakpeekError(
    'NODE_FAILED',
    `${failures.length} of ${nodes} nodes could not be asked:\n  ${all}`,
    'What the others said is above.',
  );
}

/** Runs words on nodes and prints their lines. @throws SneakpeekError once all others have been asked */
export async function passThrough(
  nodes: readonly MeantNode[],
  remote: string | undefined,
  words: readonly string[],
  { print, signal }: { print(text: string): Promise<void>; signal: AbortSignal },
): Promise<void> {
  const failures: Error[] = [];
  for await (const each of linesOf(nodes, prefixOf(remote), words, signal)) {
    if ('failed' in each) failures.push(each.failed);
    else await print(`${each.line}\n`);
  }
  const failure = failureOf(failures, nodes.length);
  if (failure !== undefined) throw failure;
}
