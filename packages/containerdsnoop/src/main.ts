import { commonTracing, packageVersion, runTool, type Source } from '@imagesnoop/output';
import { openContainerdCalls } from './index.js';
import { options } from './options.js';
import { summarySource } from './summary-source.js';

/** Narrower terminals get fewer columns, and methods without their service. */
const WIDE_COLUMNS = 160;

await runTool({
  name: 'containerdsnoop',
  version: packageVersion(import.meta.url),
  summary: 'Shows the gRPC calls of a running containerd, decoded, without restarting it',
  options,
  examples: [
    { command: 'containerdsnoop', help: "every message on containerd's socket" },
    { command: 'containerdsnoop --pair', help: 'a line per call: status and latency' },
    { command: 'containerdsnoop --errors-only', help: 'what fails, and what the server says' },
    { command: "containerdsnoop --method '*Image*' --complete-content", help: 'pulls, in full' },
    { command: 'containerdsnoop -a auto --comm dockerd', help: 'dockerd, to whomever it talks' },
    { command: 'containerdsnoop -o json | jq .method', help: 'as JSON Lines' },
  ],
  open: async (values) => {
    const { pids, comms, ...filters } = commonTracing(values).filters;
    const { method, service, status, errorsOnly, slow, grep } = values;
    const aboutCalls =
      values.pair || values.summary || errorsOnly || status !== undefined || slow !== undefined;
    const calls = await openContainerdCalls({
      ...commonTracing(values),
      filters,
      addresses: values.address,
      types: values.type ?? (aboutCalls ? ['call'] : undefined),
      rows: {
        ...(pids === undefined ? {} : { pids }),
        ...(comms === undefined ? {} : { comms }),
        ...(method.length === 0 ? {} : { methods: method }),
        ...(service.length === 0 ? {} : { services: service }),
        ...(status === undefined ? {} : { statuses: status }),
        errorsOnly,
        slowNs: slow === undefined ? undefined : slow * 1e6,
        grep,
      },
      redact: !values.showSecrets,
      schema: {
        executables: values.schemaFrom,
        protos: values.proto,
        descriptorSets: values.descriptorSet,
      },
      completeContent: values.completeContent,
      narrow: process.stdout.isTTY === true && process.stdout.columns < WIDE_COLUMNS,
    });
    return (values.summary ? summarySource(calls, values.interval) : calls) as Source<never>;
  },
});
