import { commonTracing, packageVersion, runTool } from '@imagesnoop/output';
import { openContainerdsnoop } from './index.js';
import { options } from './options.js';

await runTool({
  name: 'containerdsnoop',
  version: packageVersion(import.meta.url),
  summary: 'Shows every chdir: who, which path, and how it ended',
  options,
  examples: [
    { command: 'containerdsnoop', help: 'all of this machine' },
    { command: 'containerdsnoop -p 181 -T', help: 'only process 181, with the time of day' },
    { command: 'containerdsnoop --container web -o json', help: 'one container, as JSON Lines' },
  ],
  open: (values) =>
    openContainerdsnoop({
      ...commonTracing(values),
      showUid: values.showUid,
    }),
});
