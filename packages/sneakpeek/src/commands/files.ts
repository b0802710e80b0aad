import { packageVersion, runTool, say } from '@imagesnoop/output';
import { changeFields } from '../change-columns.js';
import { openChanges } from '../index.js';
import { filesOptions } from '../options.js';
import { Progress } from '../progress.js';

/** `-t files`: what changed in containers. */
export const files = (argv: readonly string[]): Promise<never> =>
  runTool(
    {
      name: 'sneakpeek',
      version: packageVersion(import.meta.url),
      summary: 'Shows the files that changed in containers against their images',
      options: filesOptions,
      operands: { name: 'CONTAINER', help: 'as --container', min: 0, max: 1000 },
      lists: true,
      fields: () => changeFields(),
      examples: [
        { command: 'sneakpeek files', help: 'all containers of this machine' },
        { command: 'sneakpeek -t files -n web --chroot', help: 'one container, its own paths' },
        { command: 'sneakpeek files web -o json', help: 'as JSON Lines' },
        { command: 'sneakpeek files web --against web-2', help: 'against another container' },
        { command: 'sneakpeek -t files -f inspect.json', help: 'by saved docker inspect output' },
      ],
      open: async (values, { operands }) => {
        const progress = new Progress('sneakpeek', values.quiet);
        const source = await openChanges({
          ...values,
          container: [...values.container, ...operands],
          onProgress: (found) => progress.show(`${found} changes`),
        });
        return {
          ...source,
          close() {
            progress.end();
            for (const text of source.missed) say(`sneakpeek: ${text}`);
          },
        };
      },
    },
    argv,
  );
