import {
  commonFilters,
  commonTracing,
  packageVersion,
  runTool,
  type Source,
  type ToolValues,
  UsageError,
  unread,
} from '@imagesnoop/output';
import { eventFields, flowFields } from './columns.js';
import { openFlowEvents, openFlows } from './index.js';
import { options } from './options.js';
import { portsOf } from './ports.js';

/** Flags that say how tables look. */
const OF_TABLES = ['interval', 'sort', 'top', 'alert'] as const;

await runTool({
  name: 'tcpflow',
  version: packageVersion(import.meta.url),
  summary: 'Counts who connects and accepts where by TCP; or tells each connection',
  options,
  examples: [
    { command: 'tcpflow', help: 'count until Ctrl-C, then print both tables' },
    { command: 'tcpflow -p 181 -P 80,443 -f flows.txt', help: 'one process, into a file' },
    { command: 'tcpflow -R 8000,8100 --interval 5', help: 'a range of ports, every 5 seconds' },
    { command: "tcpflow --alert 'count>100,mtbs<0.1'", help: 'tell at once who insists' },
    { command: 'tcpflow --events', help: 'each connect, accept and close' },
    { command: 'tcpflow --events --container web -o json', help: 'of one container, as JSON' },
  ],
  fields: ({ events }) => (events ? eventFields : flowFields)(unread, unread),
  open: (values) => (values.events ? openEvents(values) : openTables(values)),
});

type Given = ToolValues<typeof options>;

function tracing(values: Given) {
  const { port, range, ipv4, ipv6, showUid } = values;
  const ports = portsOf(port, range);
  return {
    ...commonTracing(values),
    filters: { ...commonFilters(values), ...(ports === undefined ? {} : { ports }) },
    family: ipv4 === ipv6 ? undefined : ipv4 ? (4 as const) : (6 as const),
    showUid,
  };
}

async function openTables(values: Given): Promise<Source<never>> {
  const { interval, sort, top, alert, output } = values;
  const own = { intervalMs: interval, sort, top, alert, wide: output === 'wide' };
  return (await openFlows({ ...tracing(values), ...own })) as Source<never>;
}

async function openEvents(values: Given): Promise<Source<never>> {
  const name = OF_TABLES.find((each) => values[each] !== undefined);
  if (name !== undefined) {
    throw new UsageError(
      'USAGE_CONFLICT',
      `--${name} is of the tables, which --events does not print`,
      'leave one of both out',
    );
  }
  return (await openFlowEvents(tracing(values))) as Source<never>;
}
