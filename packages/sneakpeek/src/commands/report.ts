import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { packageVersion, runCommand, say } from '@imagesnoop/output';
import { treesOf } from '../changed-files.js';
import { SneakpeekError } from '../errors.js';
import { changes } from '../files/changes.js';
import { reportOptions } from '../options.js';
import { Progress } from '../progress.js';
import { reportPage, type Writer } from '../report/page.js';
import { ChangeTree } from '../report/tree.js';
import { oneTarget } from '../targets.js';

/** Directories and files looked at before others get their turn. */
const TURN = 2000;

/** `report NAME FILE.html`: the changes of a container as one page. */
export const report = (argv: readonly string[]): Promise<never> =>
  runCommand(
    {
      name: 'sneakpeek',
      version: packageVersion(import.meta.url),
      summary: 'Writes one page about the files that changed in a container',
      options: reportOptions,
      operands: {
        name: 'CONTAINER FILE',
        help: 'whose changes, and the page to write',
        min: 2,
        max: 2,
      },
      examples: [
        { command: 'sneakpeek report web web.html', help: 'what changed' },
        { command: 'sneakpeek report web web.html --watch 30', help: 'and who writes, in 30 s' },
      ],
      async run(values, { operands, signal }) {
        const [name = '', path = ''] = operands;
        const { target, against } = await oneTarget(name, values);
        const watched = await writersOf(name, values.watch, signal);
        const progress = new Progress('sneakpeek', values.quiet);
        const { base, now } = treesOf(target, against);
        const tree = new ChangeTree();
        let seen = 0;
        for (const change of changes(base, now)) {
          if (signal.aborted) return;
          tree.add(change);
          if (++seen % TURN > 0) continue;
          progress.show(`${seen} changes`);
          await setImmediate();
        }
        progress.end();
        await write(path, () =>
          reportPage({
            ...{ container: target.container, tree, madeAt: new Date() },
            base: values.against ?? 'its image',
            ...{ writers: watched, watchedMs: values.watch ?? 0 },
          }),
        );
        if (!values.quiet) say(`${seen} changes in ${path}`);
      },
    },
    argv,
  );

/** Who changes files of a container in the next while; null where that is not asked. */
async function writersOf(
  name: string,
  ms: number | undefined,
  signal: AbortSignal,
): Promise<readonly Writer[] | null> {
  if (ms === undefined) return null;
  const { Writers } = await import('../report/writers.js');
  return new Writers().watch(name, AbortSignal.any([signal, AbortSignal.timeout(ms)]));
}

/** By rename, so that the page is whole or not there. */
async function write(path: string, page: () => Iterable<string>): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await pipeline(Readable.from(page()), createWriteStream(partial, { flags: 'wx', mode: 0o600 }));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new SneakpeekError('FILE_UNWRITABLE', `cannot write ${path}: ${code}`, '', error);
  }
}
