import { readFileSync } from 'node:fs';
import { commonFilters, runTool } from '@imagesnoop/output';
import { open__Name__ } from './index.js';
import { options } from './options.js';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

await runTool({
  name: '__name__',
  version,
  summary: 'Shows every chdir: who, which path, and how it ended',
  options,
  examples: [
    { command: '__name__', help: 'all of this machine' },
    { command: '__name__ -p 181 -T', help: 'only process 181, with the time of day' },
    { command: '__name__ --container web -o json', help: 'one container, as JSON Lines' },
  ],
  open: (values) =>
    open__Name__({
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
      showUid: values.showUid,
    }),
});
