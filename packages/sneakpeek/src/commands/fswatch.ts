import { commonTracing, packageVersion, runTool, unread } from '@imagesnoop/output';
import { watchOptions } from '../options.js';
import { watchFields } from '../watch/columns.js';
import { openWatch } from '../watch/index.js';

/** `-t fswatch`: changes of files as they happen. */
export const fswatch = (argv: readonly string[]): Promise<never> =>
  runTool(
    {
      name: 'sneakpeek',
      version: packageVersion(import.meta.url),
      summary: 'Shows every change of a file in containers: who did it, what, and where',
      options: watchOptions,
      operands: { name: 'CONTAINER', help: 'as --container', min: 0, max: 1000 },
      examples: [
        { command: 'sneakpeek -t fswatch', help: 'all containers of this machine, also new ones' },
        { command: 'sneakpeek fswatch web -T', help: 'one, with the time of day' },
        { command: 'sneakpeek fswatch --pod shop-0 -o json', help: 'of a pod, as JSON Lines' },
      ],
      fields: () => watchFields(unread, unread),
      open: (values, { operands }) => {
        const tracing = commonTracing(values);
        // Without a system call, which root given up forbids.
        if (values.untilEof)
          process.stdin.resume().once('close', () => process.emit('SIGTERM', 'SIGTERM'));
        const containers = [...values.container, ...operands];
        return openWatch({
          ...tracing,
          select: { ...tracing.select, containers },
          host: values.host,
          showSecrets: values.showSecrets,
        });
      },
    },
    argv,
  );
