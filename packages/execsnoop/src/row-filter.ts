import type { Cursor } from '@imagesnoop/loader';
import { type Arguments, latin1 } from './arguments.js';
import { EVENT, type ExecReaders, processId } from './event.js';

export interface RowFilterOptions {
  /** `-n`: the name of the command matches. */
  readonly name?: RegExp | undefined;
  /** `-l`: the arguments, as they are shown and divided by blanks, match. */
  readonly line?: RegExp | undefined;
}

/**
 * The filters that are not decided in the kernel. An exit goes with the exec of its process.
 *
 * @returns undefined when there is nothing to decide
 */
export function rowFilter(
  { name, line }: RowFilterOptions,
  read: ExecReaders,
  args: Arguments,
): ((at: Cursor) => boolean) | undefined {
  if (name === undefined && line === undefined) return undefined;
  /** Processes whose exec was shown; the kernel tells of each of their ends. */
  const shown = new Set<string>();
  const matches = (at: Cursor): boolean => {
    if (name !== undefined && !name.test(read.owner.comm(at))) return false;
    if (line === undefined) return true;
    const run = args.run(at);
    if (run.start < 0) return false;
    const bytes = Buffer.from(latin1(run).replaceAll('\0', ' '), 'latin1');
    return line.test(bytes.toString());
  };
  return (at) => {
    if (read.type(at) === EVENT.exit) return shown.delete(processId(read, at));
    const wanted = matches(at);
    if (wanted) shown.add(processId(read, at));
    return wanted;
  };
}
