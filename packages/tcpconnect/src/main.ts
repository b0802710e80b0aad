import { commonFilters, commonTracing, packageVersion, runTool, unread } from '@imagesnoop/output';
import { connectFields, countFields } from './columns.js';
import { openTcpConnects } from './index.js';
import { options } from './options.js';

await runTool({
  name: 'tcpconnect',
  version: packageVersion(import.meta.url),
  summary: 'Shows every attempt to connect by TCP: who, where to, how it ended',
  options,
  examples: [
    { command: 'tcpconnect', help: 'all of this machine, logged to tcp.json' },
    { command: 'tcpconnect -p 181 -L', help: 'process 181, with local ports' },
    { command: "tcpconnect --port 443 --cidr '!10.0.0.0/8' -d", help: 'to the outside, by name' },
    { command: 'tcpconnect --failed-only -T', help: 'failures, with the time of day' },
    { command: 'tcpconnect --container web -o json', help: 'one container, as JSON Lines' },
    { command: 'tcpconnect -c --duration 60', help: 'who connects where most, in a minute' },
  ],
  logFile: ({ count }) => (count ? undefined : 'tcp.json'),
  fields: ({ count }) => (count ? countFields() : connectFields(unread, unread, unread)),
  open: (values) =>
    openTcpConnects({
      ...commonTracing(values),
      filters: {
        ...commonFilters(values),
        ...(values.port === undefined ? {} : { ports: values.port }),
      },
      family: familyOf(values),
      networks: values.cidr,
      when: values.when,
      failedOnly: values.failedOnly,
      syncErrors: !values.noSyncErrors,
      dns: values.dns,
      count: values.count,
      showUid: values.showUid,
      showLocalPort: values.localPort,
    }),
});

/** `-4 -6` is both, as it is without. */
function familyOf({ ipv4, ipv6 }: { ipv4: boolean; ipv6: boolean }): 4 | 6 | undefined {
  if (ipv4 === ipv6) return undefined;
  return ipv4 ? 4 : 6;
}
