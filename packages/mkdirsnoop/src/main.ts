import { readFileSync } from 'node:fs';
import { commonFilters, runTool } from '@imagesnoop/output';
import { openMkdirs } from './index.js';
import { options } from './options.js';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

await runTool({
  name: 'mkdirsnoop',
  version,
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
  open: (values) =>
    openMkdirs({
      filters: commonFilters(values),
      select: {
        containers: values.container,
        pods: values.pod,
        namespaces: values.namespace,
      },
      wait: values.wait,
      hook: values.hook,
      buffer: values.buffer,
      btf: values.btf,
      drop: !values.noDrop,
      path: values.path,
      failedOnly: values.failedOnly,
      showUid: values.showUid,
    }),
});
