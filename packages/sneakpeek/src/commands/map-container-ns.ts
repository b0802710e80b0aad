import { packageVersion, runCommand, UsageError } from '@imagesnoop/output';
import { addToMap } from '../maps/pinned.js';
import { mapOptions } from '../options.js';

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
        help: 'inode of the namespace, path of the map, and what to start with it (procmon, tcptracer); else from the environment',
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
        const [inode, path] = argumentsOf(operands, process.env);
        if (dryRun) return print(`would put ${inode} into ${path}\n`);
        const isNew = addToMap(path, inode);
        await print(`${path}: ${inode} ${isNew ? 'added' : 'is there already'}\n`);
      },
    },
    argv,
  );

/** INODE and FILE, by position or from the environment. @throws UsageError */
export function argumentsOf(
  operands: readonly string[],
  env: NodeJS.ProcessEnv,
): [inode: bigint, path: string] {
  const [inode = env.INODE, path = env.FILE] = operands;
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
  return [BigInt(inode), path];
}
