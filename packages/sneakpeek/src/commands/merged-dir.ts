import { displayText, packageVersion, runCommand } from '@imagesnoop/output';
import { SneakpeekError } from '../errors.js';
import { nodesMeant } from '../nodes/meant.js';
import { passThrough } from '../nodes/pass-through.js';
import { whichWords } from '../nodes/words.js';
import { mergedOptions } from '../options.js';
import { findTargets, type Target } from '../targets.js';

/** `-t merged_dir`: where the files of containers are on this host. */
export const mergedDir = (argv: readonly string[]): Promise<never> =>
  runCommand(
    {
      name: 'sneakpeek',
      version: packageVersion(import.meta.url),
      summary: 'Shows where the merged directory of a container is',
      options: mergedOptions,
      operands: { name: 'CONTAINER', help: 'as --container', min: 0, max: 1000 },
      examples: [
        { command: 'sneakpeek -t merged_dir -n web', help: 'the directory, nothing else' },
        { command: 'sneakpeek merged_dir web --all', help: 'with its layers, one a line' },
        { command: 'ls "$(sneakpeek -t merged_dir -f inspect.json)"', help: 'in a script' },
      ],
      async run(values, { operands, print, signal }) {
        const container = [...values.container, ...operands];
        const nodes = await nodesMeant(values);
        if (nodes !== null) {
          const words = [
            ...['merged_dir', ...whichWords({ ...values, container })],
            ...(values.all ? ['--all'] : []),
            ...(values.output === undefined ? [] : [`--output=${values.output}`]),
          ];
          return passThrough(nodes, values.remote, words, { print, signal });
        }
        const { targets, missed } = await findTargets({ ...values, container });
        const isOnly = targets.length === 1;
        for (const target of targets) {
          const json = values.output === 'json';
          await print(`${json ? jsonOf(target) : textOf(target, values.all, isOnly)}\n`);
        }
        const [first] = missed;
        if (first !== undefined) throw notOverlay(missed.length, first.why);
      },
    },
    argv,
  );

function jsonOf({ container, root }: Target): string {
  const { id, name, image, runtime } = container;
  const { merged, upper, work, lowers } = root;
  return JSON.stringify({
    ...{ type: 'merged_dir', merged, upper, work, lowers },
    container: { id, name, image, runtime },
  });
}

/** @param isOnly what is asked for, and no name in front of it */
function textOf({ container, root }: Target, all: boolean, isOnly: boolean): string {
  const name = displayText(container.name ?? container.id);
  const { merged, upper, work, lowers } = root;
  const whose = isOnly ? '' : `${name}\t`;
  if (!all && merged === null) {
    throw new SneakpeekError(
      'NOT_MOUNTED',
      `${name} is not mounted, as it does not run`,
      'Start it, or see its layers with --all.',
    );
  }
  if (!all) return `${whose}${merged}`;
  const lines = [
    ['merged', merged],
    ['upper', upper],
    ['work', work],
    ...lowers.map((lower) => ['lower', lower]),
  ];
  return lines
    .filter(([, path]) => path !== null)
    .map(([what, path]) => `${whose}${what}\t${path}`)
    .join('\n');
}

function notOverlay(count: number, why: string): SneakpeekError {
  const others = count > 1 ? ` (and ${count - 1} more like it)` : '';
  return new SneakpeekError('NOT_OVERLAY', `${why}${others}`, 'Name those that are meant.');
}
