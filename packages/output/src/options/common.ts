import { listenAddress, receiverUrl } from './endpoints.js';
import * as kind from './kinds.js';
import type { NameSet, NumberSet } from './lists.js';
import type { Values } from './option.js';

/** pid_max of a 64-bit kernel. Source: include/linux/threads.h (PID_MAX_LIMIT). */
const MAX_PID = 4_194_304;
const DAY_MS = 86_400_000;

const FILTERS = 'Filters, decided in the kernel';
const OUTPUT = 'Output';
const TELEMETRY = 'Telemetry';
const RUN = 'Run';

/** The options that every tracer has. */
export const commonOptions = {
  pid: kind.numbers({
    letter: 'p',
    min: 1,
    max: MAX_PID,
    group: FILTERS,
    help: 'only these process ids',
  }),
  uid: kind.users({ letter: 'u', group: FILTERS, help: 'only these users' }),
  comm: kind.names({
    group: FILTERS,
    help: 'only commands of this name (its first 15 bytes count); repeatable',
  }),
  container: kind.list({
    group: FILTERS,
    help: 'only these containers, by name, id or id prefix; !name excludes',
  }),
  pod: kind.list({ group: FILTERS, help: 'only these Kubernetes pods; !name excludes' }),
  namespace: kind.list({
    group: FILTERS,
    help: 'only pods of these Kubernetes namespaces; !name excludes',
  }),
  wait: kind.flag({ group: FILTERS, help: 'a container or pod named may start later' }),
  mntnsmap: kind.text({
    argument: 'PATH',
    group: FILTERS,
    help: 'only mount namespaces in this pinned BPF map (hash, 64-bit inode)',
  }),
  cgroupmap: kind.text({
    argument: 'PATH',
    group: FILTERS,
    help: 'only cgroups in this pinned BPF map (hash, 64-bit id)',
  }),
  output: kind.oneOf({
    letter: 'o',
    choices: ['table', 'wide', 'json', 'csv'],
    group: OUTPUT,
    help: 'form of standard output (table)',
  }),
  file: kind.text({
    letter: 'f',
    argument: 'PATH',
    group: OUTPUT,
    help: 'append JSON Lines to this file; - is standard output',
  }),
  noFile: kind.flag({ group: OUTPUT, help: 'no log file' }),
  fields: kind.list({
    argument: 'A,+B,-C',
    group: OUTPUT,
    help: 'choose columns and JSON fields; + adds, - takes away',
  }),
  time: kind.flag({ letter: 'T', group: OUTPUT, help: 'show the time of day' }),
  timestamp: kind.flag({ letter: 't', group: OUTPUT, help: 'show seconds since the first event' }),
  otlp: kind.special({
    argument: 'URL',
    expected: 'a URL, as in http://127.0.0.1:4318',
    group: TELEMETRY,
    help: 'send events and counts to this OpenTelemetry collector, too',
    parse: receiverUrl,
  }),
  prometheus: {
    ...kind.special({
      argument: 'ADDR',
      expected: 'a port or an address with one, as in 9464, 0.0.0.0:9464 or [::1]:9464',
      group: TELEMETRY,
      help: 'answer Prometheus here (127.0.0.1:9464; of a port alone, on loopback)',
      parse: listenAddress,
    }),
    implied: '9464',
  },
  nodeName: kind.text({
    argument: 'NAME',
    group: TELEMETRY,
    help: 'name of this node, part of every event (environment: NODE_NAME)',
  }),
  duration: kind.duration({
    aliases: ['timeout'],
    minMs: 1,
    maxMs: 20 * DAY_MS,
    group: RUN,
    help: 'stop after this time (seconds)',
  }),
  maxEvents: kind.count({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    group: RUN,
    help: 'stop after this many events',
  }),
  buffer: kind.size({
    min: 4096,
    max: 2 ** 30,
    group: RUN,
    help: 'ring buffer between kernel and tool',
  }),
  hook: kind.text({ argument: 'NAME', group: RUN, help: 'force one kind of hook; -v names them' }),
  btf: kind.text({ argument: 'PATH', group: RUN, help: 'type information of this kernel' }),
  noDrop: kind.flag({ group: RUN, help: 'keep privileges after start' }),
  verbose: kind.flag({ letter: 'v', group: RUN, help: 'say which hooks are used and why' }),
  quiet: kind.flag({ letter: 'q', group: RUN, help: 'no banner, no summary' }),
  version: kind.flag({ letter: 'V', group: RUN, help: 'print the version' }),
  help: kind.flag({ letter: 'h', group: RUN, help: 'print this help' }),
  completion: kind.flag({ group: RUN, help: 'print a completion script for bash or zsh' }),
} as const;

/** Those that a tool has too that lists what is there, instead of tracing what happens. */
export const LISTING_OPTIONS: readonly (keyof typeof commonOptions)[] = [
  ...(['output', 'fields', 'maxEvents', 'verbose', 'quiet'] as const),
  ...(['version', 'help', 'completion'] as const),
];

export type CommonValues = Values<typeof commonOptions>;

/** The filters of the common options, in the shape that the loader applies. */
export interface CommonFilters {
  pids?: NumberSet;
  uids?: NumberSet;
  comms?: NameSet;
  mntnsMap?: string;
  cgroupMap?: string;
}

/** Bytes of a command's name that the kernel keeps. Source: include/linux/sched.h (TASK_COMM_LEN). */
const COMM_BYTES = 15;

/** Filters as asked for on the command line; those of containers are the tool's to resolve. */
export function commonFilters(values: CommonValues): CommonFilters {
  const { pid, uid, comm, mntnsmap, cgroupmap } = values;
  return {
    ...(pid ? { pids: pid } : {}),
    ...(uid ? { uids: uid } : {}),
    ...(comm ? { comms: { mode: comm.mode, values: new Set([...comm.values].map(cutComm)) } } : {}),
    ...(mntnsmap === undefined ? {} : { mntnsMap: mntnsmap }),
    ...(cgroupmap === undefined ? {} : { cgroupMap: cgroupmap }),
  };
}

/** What the common options ask of the tracing itself, in the shape that the loader takes. */
export interface CommonTracing {
  readonly filters: CommonFilters;
  readonly select: {
    readonly containers: readonly string[];
    readonly pods: readonly string[];
    readonly namespaces: readonly string[];
  };
  readonly wait: boolean;
  readonly hook: string | undefined;
  readonly buffer: number | undefined;
  readonly btf: string | undefined;
  readonly drop: boolean;
}

export function commonTracing(values: CommonValues): CommonTracing {
  const { container, pod, namespace, wait, hook, buffer, btf, noDrop } = values;
  return {
    filters: commonFilters(values),
    select: { containers: container, pods: pod, namespaces: namespace },
    wait,
    hook,
    buffer,
    btf,
    drop: !noDrop,
  };
}

function cutComm(name: string): string {
  const bytes = Buffer.from(name);
  return bytes.length <= COMM_BYTES ? name : bytes.toString('utf8', 0, COMM_BYTES);
}
