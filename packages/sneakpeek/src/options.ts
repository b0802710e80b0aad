import { commonOptions, options as kinds } from '@imagesnoop/output';

/** What can be asked with `-t`. */
export const TYPES = ['files', 'merged_dir', 'fswatch', 'procmon', 'tcptracer'] as const;

const WHICH = 'Which containers';

const type = kinds.oneOf({ letter: 't', choices: TYPES, help: 'what to show (files)' });

/** Which containers: those of this machine, or of others. */
export const whichOptions = {
  container: kinds.list({
    letter: 'n',
    group: WHICH,
    help: 'these, by name, id or id prefix; all if left out',
  }),
  file: kinds.text({
    letter: 'f',
    argument: 'PATH',
    group: WHICH,
    help: 'those in this saved output of docker inspect; no engine is asked',
  }),
  engine: kinds.oneOf({
    letter: 'c',
    choices: ['docker', 'containerd', 'cri', 'podman'],
    group: WHICH,
    help: 'only those of this engine; all engines that answer if left out',
  }),
};

const WHERE = 'Which machines';

/** Which machines: this one, others, a whole cluster. */
export const whereOptions = {
  nodeAddr: kinds.list({
    letter: 'a',
    argument: 'ADDRESS',
    group: WHERE,
    help: 'ask these nodes by ssh, instead of this machine',
  }),
  sshUser: kinds.text({
    letter: 'u',
    argument: 'USER',
    group: WHERE,
    help: "log in as this user (what ssh's configuration says)",
  }),
  cluster: kinds.flag({ group: WHERE, help: 'ask all nodes of the Kubernetes cluster' }),
  exclude: kinds.list({
    letter: 'e',
    argument: 'POD',
    group: WHERE,
    help: 'leave out the containers of these pods',
  }),
  remote: kinds.text({
    argument: 'COMMAND',
    group: WHERE,
    help: 'what runs sneakpeek on a node (sudo -n npx --yes @imagesnoop/sneakpeek)',
  }),
};

export const filesOptions = {
  type,
  ...whichOptions,
  ...whereOptions,
  chroot: kinds.flag({ help: 'show paths as the container sees them, without the base directory' }),
  against: kinds.text({
    argument: 'NAME',
    help: 'compare with this container or image instead of the own image',
  }),
};

/** Of export and report. */
export const oneTargetOptions = {
  file: whichOptions.file,
  engine: whichOptions.engine,
  against: filesOptions.against,
};

export const reportOptions = {
  ...oneTargetOptions,
  watch: kinds.duration({
    minMs: 100,
    maxMs: 86_400_000,
    help: 'also watch for this time, and tell who writes (seconds)',
  }),
};

export const mergedOptions = {
  type,
  ...whichOptions,
  ...whereOptions,
  all: kinds.flag({ help: 'also the upper, lower and work directories' }),
  output: kinds.oneOf({ letter: 'o', choices: ['text', 'json'], help: 'form of standard output' }),
};

/** Of get_container_ns. */
export const namespaceOptions = {
  ...whichOptions,
  ...whereOptions,
  all: kinds.flag({ help: 'every kind of namespace, one a line' }),
};

/** Of get_all_containers. */
export const listOptions = {
  exclude: whereOptions.exclude,
  engine: whichOptions.engine,
  local: kinds.flag({ help: 'those of this machine, whatever cluster there is' }),
};

const MONITOR = 'Processes and connections';

/** Of procmon and tcptracer. */
export const monitorOptions = {
  type,
  container: whichOptions.container,
  engine: whichOptions.engine,
  ...whereOptions,
  map: kinds.text({
    argument: 'PATH',
    group: MONITOR,
    help: 'where to pin the map (/sys/fs/bpf/mnt_ns_NAME)',
  }),
  mapOnly: kinds.flag({ group: MONITOR, help: 'pin the map and end; start no tool' }),
  untilEof: kinds.flag({
    group: MONITOR,
    help: 'end when standard input does, as it does over ssh',
  }),
  wait: kinds.flag({ group: MONITOR, help: 'a container named may start later' }),
  follow: kinds.flag({
    group: MONITOR,
    help: 'with --map-only: stay, and keep the map right when containers restart',
  }),
};

const SERVICES = 'Services';

/** Of fswatch, procmon and tcptracer as services. */
export const serviceOptions = {
  type,
  container: whichOptions.container,
  engine: whichOptions.engine,
  ...whereOptions,
  install: kinds.flag({
    group: SERVICES,
    help: 'write, enable and start a systemd service for each container',
  }),
  uninstall: kinds.flag({ group: SERVICES, help: 'stop, disable and remove them' }),
  dryRun: kinds.flag({ group: SERVICES, help: 'show what would be done' }),
  unitDir: kinds.text({
    argument: 'PATH',
    group: SERVICES,
    help: 'where unit files go (/etc/systemd/system)',
  }),
};

/** Of bpftool_map_container_ns. */
export const mapOptions = { dryRun: serviceOptions.dryRun };

const { letter: _letterOfUid, ...uid } = commonOptions.uid;
const { letter: _letterOfTimestamp, ...timestamp } = commonOptions.timestamp;

/** Of fswatch. */
export const watchOptions = {
  type,
  container: {
    ...commonOptions.container,
    letter: 'n',
  },
  showSecrets: kinds.flag({ help: 'show passwords and tokens in arguments as they are' }),
  host: kinds.flag({ help: 'also what processes change that are in no container' }),
  untilEof: monitorOptions.untilEof,
  uid,
  timestamp,
};

const { exclude: _exclude, ...nodeOptions } = whereOptions;

/** Of fswatch on other machines. */
export const farWatchOptions = {
  type,
  container: whichOptions.container,
  ...nodeOptions,
  showSecrets: watchOptions.showSecrets,
  host: watchOptions.host,
};

/** Of top. */
export const topOptions = {
  container: watchOptions.container,
  interval: kinds.duration({
    letter: 'i',
    minMs: 100,
    maxMs: 86_400_000,
    help: 'how often (2 seconds)',
  }),
  uid,
  timestamp,
};

/** Every option, for the README. */
export const options = {
  ...mapOptions,
  ...listOptions,
  ...namespaceOptions,
  ...mergedOptions,
  ...filesOptions,
  ...monitorOptions,
  ...serviceOptions,
  watch: reportOptions.watch,
  host: watchOptions.host,
  showSecrets: watchOptions.showSecrets,
  interval: topOptions.interval,
  uid,
  timestamp,
  output: commonOptions.output,
};
