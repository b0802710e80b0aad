import {
  commonFilters,
  commonTracing,
  packageVersion,
  runTool,
  type Source,
  type ToolValues,
} from '@imagesnoop/output';
import { openFlowEvents, openFlows } from './index.js';
import { options } from './options.js';
import { portsOf } from './ports.js';

await runTool({
  name: 'tcpflow',
  version: packageVersion(import.meta.url),
  summary: 'Counts who connects and accepts where by TCP, and how often; or tells each event',
  options,
  examples: [
    { command: 'tcpflow', help: 'count until Ctrl-C, then print both tables' },
    { command: 'tcpflow -p 181 -P 80,443 -f flows.txt', help: 'one process, into a file' },
    { command: 'tcpflow -R 8000,8100 --interval 5', help: 'a range of ports, every 5 seconds' },
    { command: "tcpflow --alert 'count>100,mtbs<0.1'", help: 'tell at once who insists' },
    { command: 'tcpflow --events', help: 'each connect, accept and close' },
    { command: 'tcpflow --events --container web -o json', help: 'of one container, as JSON' },
  ],
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
  return (await openFlowEvents(tracing(values))) as Source<never>;
}
