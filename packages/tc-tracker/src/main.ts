import { commonFilters, commonTracing, packageVersion, runTool, unread } from '@imagesnoop/output';
import { sessionFields } from './columns.js';
import { openSessions } from './index.js';
import { options } from './options.js';

await runTool({
  name: 'tc-tracker',
  version: packageVersion(import.meta.url),
  summary: 'Shows TCP sessions of network interfaces: bytes, packets, durations, owners',
  options,
  examples: [
    { command: 'tc-tracker', help: 'all interfaces that carry a route, in place' },
    { command: 'tc-tracker -i eth0 --top 10 --sort bytes', help: 'the largest of one interface' },
    { command: 'tc-tracker --container web -o json', help: 'inside a container, as JSON Lines' },
    { command: 'tc-tracker --durations --plot durations.svg', help: 'how long sessions last' },
    { command: "tc-tracker -i 'veth*' | grep 10.0.0.7", help: 'one block every two seconds' },
  ],
  fields: () => sessionFields(unread, unread),
  open: (values) =>
    openSessions({
      ...commonTracing(values),
      filters: commonFilters(values),
      interfaces: values.interface,
      netns: values.netns,
      maxSessions: values.maxSessions,
      intervalMs: values.interval,
      top: values.top,
      sort: values.sort,
      idleMs: values.idle,
      durations: values.durations,
      plot: values.plot,
    }),
});
