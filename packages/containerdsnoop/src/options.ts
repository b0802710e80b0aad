import { commonOptions, options as kinds } from '@imagesnoop/output';
import { statusNumber } from './status.js';

const TYPES = ['request', 'response', 'call'] as const;
const CONTENT = 'Which messages and calls';
const FILES = 'Files';
const SCHEMA = 'What methods and messages there are';

/** containerdsnoop's own flags; those of every tracer come with them. */
export const options = {
  address: kinds.list({
    letter: 'a',
    argument: 'PATH',
    help: 'sockets: paths, @abstract names, PREFIX*, or auto: all runtimes that listen now (/run/containerd/containerd.sock)',
  }),
  completeContent: kinds.flag({
    aliases: ['complete_content'],
    help: 'whole messages in tables, which else are cut at 100 characters',
  }),
  pair: kinds.flag({ help: 'one line per call, when it is over: status, latency' }),
  summary: kinds.flag({
    help: 'count calls by method; print at the end: errors, latencies, bytes',
  }),
  interval: kinds.duration({
    letter: 'i',
    minMs: 100,
    maxMs: 86_400_000,
    help: 'with --summary: print so often, too (seconds)',
  }),
  write: kinds.text({
    letter: 'w',
    argument: 'FILE',
    group: FILES,
    help: 'record what is seen, without secrets unless --show-secrets',
  }),
  read: kinds.text({
    letter: 'r',
    argument: 'FILE',
    group: FILES,
    help: 'show a recording instead of this machine; needs no root',
  }),
  pcap: kinds.text({ argument: 'FILE', group: FILES, help: 'write a pcapng file for Wireshark' }),
  sequence: kinds.text({
    argument: 'FILE',
    group: FILES,
    help: 'draw who called whom, at the end: .md (Mermaid) or .svg',
  }),
  showSecrets: kinds.flag({ help: 'do not hide credentials, environments, tokens' }),
  method: kinds.list({
    argument: 'GLOB',
    group: CONTENT,
    help: 'only these methods: PullImage, *Image*, /runtime.v1.*; !GLOB excludes',
  }),
  service: kinds.list({
    argument: 'GLOB',
    group: CONTENT,
    help: 'only these services: Tasks, runtime.v1.*; !GLOB excludes',
  }),
  type: kinds.special({
    argument: 'LIST',
    group: CONTENT,
    expected: 'request, response and call, divided by commas',
    help: 'kinds of lines: request, response, call (request,response)',
    parse: (text) => {
      const types = text.split(',').map((word) => TYPES.find((type) => type === word));
      return types.every((type) => type !== undefined) ? types : undefined;
    },
  }),
  status: kinds.special({
    argument: 'LIST',
    group: CONTENT,
    expected: 'names or numbers of a status, as in NOT_FOUND,14',
    help: 'only calls with these: NOT_FOUND, 5, 404; implies --pair',
    parse: (text) => {
      const numbers = text.split(',').map(statusNumber);
      return numbers.every((number) => number !== undefined) ? numbers : undefined;
    },
  }),
  errorsOnly: kinds.flag({ group: CONTENT, help: 'only calls that failed; implies --pair' }),
  slow: kinds.count({
    argument: 'MS',
    min: 0,
    max: 86_400_000,
    group: CONTENT,
    help: 'only calls that took at least so many milliseconds; implies --pair',
  }),
  grep: kinds.regex({ group: CONTENT, help: 'only messages whose text has this' }),
  pid: { ...commonOptions.pid, help: 'only where one of the two is one of these process ids' },
  comm: {
    ...commonOptions.comm,
    help: 'only where one of the two has this name (its first 15 bytes count); repeatable',
  },
  uid: { ...commonOptions.uid, help: 'only clients of these users' },
  container: {
    ...commonOptions.container,
    help: 'only clients in these containers, by name, id or id prefix; !name excludes',
  },
  pod: { ...commonOptions.pod, help: 'only clients in these Kubernetes pods; !name excludes' },
  wait: { ...commonOptions.wait, help: 'a daemon, container or pod named may start later' },
  schemaFrom: kinds.list({
    argument: 'PROGRAM',
    group: SCHEMA,
    help: 'take it from this executable instead of the one that serves the socket',
  }),
  proto: kinds.list({ argument: 'FILE', group: SCHEMA, help: '.proto files' }),
  descriptorSet: kinds.list({
    argument: 'FILE',
    group: SCHEMA,
    help: 'what protoc --descriptor_set_out has written',
  }),
  emitProtos: kinds.text({
    argument: 'DIR',
    group: SCHEMA,
    help: 'write what is known as .proto files into this folder',
  }),
};
