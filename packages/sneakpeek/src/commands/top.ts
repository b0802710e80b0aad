import { commonTracing, packageVersion, runTool } from '@imagesnoop/output';
import { topOptions } from '../options.js';
import { activityFields } from '../top/columns.js';
import { openTop } from '../top/index.js';

/** `top`: what the containers of this machine are doing, on one screen. */
export const top = (argv: readonly string[]): Promise<never> =>
  runTool(
    {
      name: 'sneakpeek',
      version: packageVersion(import.meta.url),
      summary: 'Shows how much containers write, run and connect, the busiest first',
      options: topOptions,
      operands: { name: 'CONTAINER', help: 'as --container', min: 0, max: 1000 },
      logs: false,
      fields: activityFields,
      examples: [
        { command: 'sneakpeek top', help: 'all containers, every two seconds' },
        { command: 'sneakpeek top -i 10 -o json', help: 'as JSON Lines, every ten seconds' },
        { command: 'sneakpeek fswatch web', help: 'and then into one: its changes' },
      ],
      open: (values, { operands }) => {
        const tracing = commonTracing(values);
        const containers = [...values.container, ...operands];
        const select = { ...tracing.select, containers };
        return openTop({ ...tracing, select, intervalMs: values.interval ?? 2000 });
      },
    },
    argv,
  );
