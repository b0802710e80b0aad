import { basename } from 'node:path';
import { packageVersion, runCommand, UsageError } from '@imagesnoop/output';
import { addToMap } from '../maps/pinned.js';
import { mapOptions } from '../options.js';
import { install } from '../units/install.js';
import { programWords, type Service } from '../units/template.js';

/** Adds the inode of a mount namespace to a pinned map, which is made if it is not there. */
export const mapContainerNs = (argv: readonly string[]): Promise<never> =>
  runCommand(
    {
      name: 'bpftool_map_container_ns',
      version: packageVersion(import.meta.url),
      summary: 'Puts a mount namespace into a pinned BPF map, which it makes if need be',
      options: mapOptions,
      operands: {
        name: 'INODE FILE [TYPE]',
        help: 'inode of the namespace, path of the map, and what to start as a service with it (procmon, tcptracer); else from the environment',
        min: 0,
        max: 3,
      },
      examples: [
        {
          command: 'bpftool_map_container_ns 4026532281 /sys/fs/bpf/mnt_ns_set',
          help: 'the map only',
        },
        {
          command: 'INODE=4026532281 FILE=/sys/fs/bpf/mnt_ns_web bpftool_map_container_ns',
          help: 'by environment',
        },
      ],
      async run({ dryRun }, { operands, print }) {
        const [inode, path, service] = argumentsOf(operands, process.env);
        if (dryRun) await print(`put ${inode} into ${path}\n`);
        else {
          const isNew = addToMap(path, inode);
          await print(`${path}: ${inode} ${isNew ? 'added' : 'is there already'}\n`);
        }
        if (service === undefined) return;
        const folder = '/etc/systemd/system';
        const program = programWords(packageVersion(import.meta.url));
        const containers = [containerOf(path)];
        await install({ service, containers, program, folder, dryRun, print });
      },
    },
    argv,
  );

/** The container that a map is called after. */
const containerOf = (path: string): string => basename(path).replace(/^mnt_ns_/, '');

/** What the original calls them, and what they are here. */
const SERVICES: Readonly<Record<string, Service>> = {
  ...{ procmon: 'procmon', execsnoop: 'procmon' },
  ...{ tcptracer: 'tcptracer', tcpflow: 'tcptracer' },
};

/** INODE, FILE and TYPE, by position or from the environment. @throws UsageError */
export function argumentsOf(
  operands: readonly string[],
  env: NodeJS.ProcessEnv,
): [inode: bigint, path: string, service: Service | undefined] {
  const [inode = env.INODE, path = env.FILE, type = env.TYPE] = operands;
  if (inode === undefined || path === undefined) {
    throw new UsageError('USAGE_OPERAND_MISSING', 'INODE and FILE are missing', 'see --help');
  }
  if (!/^[0-9]{1,19}$/.test(inode) || BigInt(inode) === 0n) {
    throw new UsageError(
      'USAGE_BAD_VALUE',
      `INODE is a number, as get_container_ns prints it; received '${inode}'`,
      'see --help',
    );
  }
  if (!path.startsWith('/')) {
    throw new UsageError(
      'USAGE_BAD_VALUE',
      `FILE is a whole path; received '${path}'`,
      'see --help',
    );
  }
  if (type !== undefined && !Object.hasOwn(SERVICES, type)) {
    const known = Object.keys(SERVICES).join(', ');
    throw new UsageError(
      'USAGE_BAD_VALUE',
      `TYPE is one of ${known}; received '${type}'`,
      'see --help',
    );
  }
  return [BigInt(inode), path, type === undefined ? undefined : SERVICES[type]];
}
