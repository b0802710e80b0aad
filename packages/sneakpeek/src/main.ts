import { UsageError } from '@imagesnoop/output';
import { mayHaveCluster } from './nodes/configured.js';
import type { Service } from './units/template.js';

type Command = (argv: readonly string[]) => Promise<never>;

const isAboutServices = (argv: readonly string[]): boolean =>
  argv.some((word) => word === '--install' || word === '--uninstall');

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
  fswatch: monitored('fswatch', async () => (await import('./commands/fswatch.js')).fswatch),
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

/** Runs the program; it does not return. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<never> {
  const { name, rest } = commandOf(argv);
  const load = COMMANDS[name];
  if (load === undefined) throw new UsageError('USAGE', `no command ${name}`, 'see --help');
  return (await load())(rest);
}
