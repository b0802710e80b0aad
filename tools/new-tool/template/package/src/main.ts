import { commonTracing, packageVersion, runTool, unread } from '@imagesnoop/output';
import { __cName__Fields } from './columns.js';
import { open__Name__ } from './index.js';
import { options } from './options.js';

await runTool({
  name: '__name__',
  version: packageVersion(import.meta.url),
  summary: 'Shows every chdir: who, which path, and how it ended',
  options,
  examples: [
    { command: '__name__', help: 'all of this machine' },
    { command: '__name__ -p 181 -T', help: 'only process 181, with the time of day' },
    { command: '__name__ --container web -o json', help: 'one container, as JSON Lines' },
  ],
  fields: () => __cName__Fields(unread, unread),
  open: (values) =>
    open__Name__({
      ...commonTracing(values),
      showUid: values.showUid,
    }),
});
