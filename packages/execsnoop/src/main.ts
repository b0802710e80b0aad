import {
  commonFilters,
  commonTracing,
  packageVersion,
  runTool,
  unread,
  type Values,
} from '@imagesnoop/output';
import { countFields, execFields } from './columns.js';
import { openExecs } from './index.js';
import { options } from './options.js';

/** What is said of counts asks for them. */
function isCount({
  count,
  by,
  interval,
}: Pick<Values<typeof options>, 'count' | 'by' | 'interval'>) {
  return count || by !== undefined || interval !== undefined;
}

const countedBy = ({ by }: Pick<Values<typeof options>, 'by'>) => by ?? 'uid';

await runTool({
  name: 'execsnoop',
  version: packageVersion(import.meta.url),
  summary: 'Shows every program that begins to run: who ran what, with which arguments',
  options,
  operands: {
    name: 'COMMAND',
    help: 'run it, and trace it and its descendants until it ends; behind --',
    min: 0,
    max: Number.POSITIVE_INFINITY,
  },
  examples: [
    { command: 'execsnoop', help: 'all of this machine' },
    { command: 'execsnoop -x -T', help: 'calls that failed, too, with the time of day' },
    { command: 'execsnoop --exit -- make', help: 'what a build runs, how long each took' },
    { command: 'execsnoop --tree 1234', help: 'process 1234 and all that it starts' },
    { command: 'execsnoop --container web -o json', help: 'one container, as JSON Lines' },
    { command: 'execsnoop --count --by container', help: 'who execs most, every 5 seconds' },
  ],
  fields: (values) =>
    isCount(values) ? countFields(countedBy(values)) : execFields(unread, unread),
  open: (values, { operands }) =>
    openExecs({
      ...commonTracing(values),
      filters: {
        ...commonFilters(values),
        ...(values.ppid && { ppids: values.ppid }),
        ...(values.tree !== undefined && { trees: [values.tree] }),
      },
      command: operands,
      failed: values.failed,
      exit: values.exit,
      name: values.name,
      line: values.line,
      maxArgs: values.maxArgs,
      quote: values.quote,
      showUid: values.showUid,
      showSecrets: values.showSecrets,
      countBy: isCount(values) ? countedBy(values) : undefined,
      intervalMs: values.interval,
    }),
});
