import { writeSync } from 'node:fs';
import { UsageError } from '@imagesnoop/output';
import { mayHaveCluster } from './nodes/configured.js';
import type { Service } from './units/template.js';

type Command = (argv: readonly string[]) => Promise<never>;

const isAboutServices = (argv: readonly string[]): boolean =>
  argv.some((word) => word === '--install' || word === '--uninstall');

const isAboutNodes = (argv: readonly string[]): boolean =>
  argv.some((word) => /^(?:-a|--node-addr(?:$|=)|--cluster$)/.test(word));

/** Here, or on other nodes. */
const watch: Command = async (argv) =>
  isAboutNodes(argv)
    ? (await import('./commands/far-watch.js')).farWatch(argv)
    : (await import('./commands/fswatch.js')).fswatch(argv);

/** What can also be a service. */
const monitored =
  (service: Service, load: () => Promise<Command>) => async (): Promise<Command> => {
    return async (argv) => {
      if (!isAboutServices(argv)) return (await load())(argv);
      return (await import('./commands/services.js')).services(service)(argv);
    };
  };

/** Loaded when asked for, since each brings its own. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  files: async () => (await import('./commands/files.js')).files,
  merged_dir: async () => (await import('./commands/merged-dir.js')).mergedDir,
  fswatch: monitored('fswatch', async () => watch),
  procmon: monitored('procmon', async () =>
    (await import('./commands/monitor.js')).monitor('procmon'),
  ),
  tcptracer: monitored('tcptracer', async () =>
    (await import('./commands/monitor.js')).monitor('tcptracer'),
  ),
  top: async () => (await import('./commands/top.js')).top,
  export: async () => (await import('./commands/export.js')).exportLayer,
  report: async () => (await import('./commands/report.js')).report,
  get_all_containers: async () =>
    (await import('./commands/get-all-containers.js')).getAllContainers,
  get_container_ns: async () => (await import('./commands/get-container-ns.js')).getContainerNs,
  bpftool_map_container_ns: async () =>
    (await import('./commands/map-container-ns.js')).mapContainerNs,
};

/**
 * Which command a command line asks for: its first word, or what follows `-t`. Without any words it is
 * the files of all containers of all nodes.
 */
export function commandOf(argv: readonly string[]): { name: string; rest: readonly string[] } {
  if (argv.length === 0) return { name: 'files', rest: mayHaveCluster() ? ['--cluster'] : [] };
  const [first = '', ...others] = argv;
  if (Object.hasOwn(COMMANDS, first)) return { name: first, rest: others };
  for (const [at, word] of argv.entries()) {
    if (word === '--') break;
    const joined = /^(?:-t|--type=)(.+)$/.exec(word)?.[1];
    const name = word === '-t' || word === '--type' ? argv[at + 1] : joined;
    if (name !== undefined && Object.hasOwn(COMMANDS, name)) return { name, rest: argv };
  }
  return { name: 'files', rest: argv };
}

const HELP = `sneakpeek: Shows what containers are doing to files, and whatever else they do

Usage: sneakpeek COMMAND [OPTIONS] [CONTAINER...]
       sneakpeek -t TYPE [OPTIONS]

Types, which are commands, too:
  files         what changed in containers against their images
  merged_dir    where the merged directory of a container is
  fswatch       changes of files as they happen, with their writers
  procmon       a map of namespaces, and execsnoop with it
  tcptracer     the same with tcpflow

Commands:
  top           how much containers write, run and connect, on one screen
  export        the changes of a container as a layer of an image
  report        the changes of a container as one page
  get_all_containers, get_container_ns, bpftool_map_container_ns
                helpers, also under their own names

Without any arguments: the files of all containers of all nodes of the
cluster, or of this machine where no cluster is configured.
sneakpeek COMMAND --help tells the options of a command.
`;

/** Runs the program; it does not return. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<never> {
  if (argv.length === 1 && (argv[0] === '--help' || argv[0] === '-h')) {
    writeSync(1, HELP);
    process.exit(0);
  }
  const { name, rest } = commandOf(argv);
  const load = COMMANDS[name];
  if (load === undefined) throw new UsageError('USAGE', `no command ${name}`, 'see --help');
  return (await load())(rest);
}
