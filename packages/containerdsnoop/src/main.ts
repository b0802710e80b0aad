import {
  commonTracing,
  packageVersion,
  runTool,
  type Source,
  type ToolValues,
  unread,
} from '@imagesnoop/output';
import { callFields, summaryFields } from './columns.js';
import { openContainerdCalls, openRecordedCalls } from './index.js';
import { options } from './options.js';
import type { CallRow } from './rows.js';
import { summarySource } from './summary-source.js';

/** Narrower terminals get fewer columns, and methods without their service. */
const WIDE_COLUMNS = 160;
const CALLS = ['call'] as const;

await runTool({
  name: 'containerdsnoop',
  version: packageVersion(import.meta.url),
  summary: 'Shows the gRPC calls of a running containerd, decoded',
  options,
  examples: [
    { command: 'containerdsnoop', help: "every message on containerd's socket" },
    { command: 'containerdsnoop --pair', help: 'a line per call: status and latency' },
    { command: 'containerdsnoop --errors-only', help: 'what fails, and what the server says' },
    { command: "containerdsnoop --method '*Image*' --complete-content", help: 'pulls, in full' },
    { command: 'containerdsnoop -a auto --comm dockerd', help: 'dockerd, to whomever it talks' },
    { command: 'containerdsnoop -o json | jq .method', help: 'as JSON Lines' },
  ],
  fields: ({ summary }) => (summary ? summaryFields() : callFields(unread, unread)),
  open: async (values) => {
    const calls = await openCalls(values);
    return (values.summary ? summarySource(calls, values.interval) : calls) as Source<never>;
  },
});

function openCalls(values: ToolValues<typeof options>): Promise<Source<CallRow>> {
  const { pids, comms, ...filters } = commonTracing(values).filters;
  const { method, service, status, errorsOnly, slow, grep } = values;
  const aboutCalls =
    values.pair || values.summary || errorsOnly || status !== undefined || slow !== undefined;
  const shown = {
    types: values.type ?? (aboutCalls ? CALLS : undefined),
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
    content: !values.summary || grep !== undefined,
    schema: {
      executables: values.schemaFrom,
      protos: values.proto,
      descriptorSets: values.descriptorSet,
    },
    record: values.write,
    pcap: values.pcap,
    sequence: values.sequence,
    emitProtos: values.emitProtos,
    completeContent: values.completeContent,
    roomy: process.stdout.isTTY !== true || process.stdout.columns >= WIDE_COLUMNS,
  };
  if (values.read !== undefined) return openRecordedCalls({ ...shown, path: values.read });
  return openContainerdCalls({
    ...commonTracing(values),
    ...shown,
    filters,
    addresses: values.address,
  });
}
