import { commonTracing, packageVersion, runTool, unread } from '@imagesnoop/output';
import { mkdirFields } from './columns.js';
import { openMkdirs } from './index.js';
import { options } from './options.js';

await runTool({
  name: 'mkdirsnoop',
  version: packageVersion(import.meta.url),
  summary: 'Shows every mkdir and mkdirat: who, which path, and how it ended',
  options,
  examples: [
    { command: 'mkdirsnoop', help: 'all of this machine, logged to log.json' },
    { command: 'mkdirsnoop -p 181', help: 'only process 181' },
    { command: 'mkdirsnoop --container web -o json', help: 'one container, as JSON Lines' },
    { command: "mkdirsnoop --path '/var/lib/containerd/**'", help: 'where image layers go' },
    { command: 'mkdirsnoop --failed-only -T', help: 'failures, with the time of day' },
  ],
  logFile: 'log.json',
  fields: () => mkdirFields(unread, unread),
  open: (values) =>
    openMkdirs({
      ...commonTracing(values),
      path: values.path,
      failedOnly: values.failedOnly,
      showUid: values.showUid,
    }),
});
