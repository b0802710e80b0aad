import { readdirSync, statSync } from 'node:fs';
import { type ContainerInfo, Storage } from '@imagesnoop/containers';
import { displayText, packageVersion, runCommand } from '@imagesnoop/output';
import { SneakpeekError } from '../errors.js';
import { unreadable } from '../files/errors.js';
import { nodesMeant } from '../nodes/meant.js';
import { passThrough } from '../nodes/pass-through.js';
import { whichWords } from '../nodes/words.js';
import { namespaceOptions } from '../options.js';
import { isLeftOut } from '../targets.js';

/** The inode number of a container's mount namespace, or of all its namespaces. */
export const getContainerNs = (argv: readonly string[]): Promise<never> =>
  runCommand(
    {
      name: 'get_container_ns',
      version: packageVersion(import.meta.url),
      summary: "Prints the inode number of a container's mount namespace",
      options: namespaceOptions,
      operands: { name: 'CONTAINER', help: 'as --container', min: 0, max: 1000 },
      examples: [
        { command: 'get_container_ns -n web', help: 'the number, nothing else' },
        { command: 'get_container_ns web --all', help: 'every kind of namespace' },
        { command: 'get_container_ns -a 10.0.0.3 -u admin -n web', help: 'on another node' },
      ],
      async run(values, { operands, print, signal }) {
        const names = [...values.container, ...operands];
        const nodes = await nodesMeant(values);
        if (nodes !== null) {
          const words = [
            ...['get_container_ns', ...whichWords({ ...values, container: names })],
            ...(values.all ? ['--all'] : []),
          ];
          return passThrough(nodes, values.remote, words, { print, signal });
        }
        const kinds = values.engine === undefined ? {} : { kinds: [values.engine] };
        const storage = await Storage.open(kinds);
        const found = names.length > 0 ? storage.find(names) : running(storage.containers);
        storage.close();
        const chosen = found.filter((container) => !isLeftOut(container, values.exclude));
        for (const container of chosen) {
          const whose =
            chosen.length === 1 ? '' : `${displayText(container.name ?? container.id)}\t`;
          for (const line of linesOf(container, values.all)) await print(`${whose}${line}\n`);
        }
      },
    },
    argv,
  );

const running = (containers: readonly ContainerInfo[]): ContainerInfo[] =>
  containers.filter(({ pid }) => pid !== null);

function linesOf(container: ContainerInfo, all: boolean): string[] {
  if (!all) return [String(namespaceOf(container, 'mnt'))];
  const kinds = readdirSync(`/proc/${processOf(container)}/ns`).filter(
    (kind) => !kind.endsWith('_for_children'),
  );
  return kinds.map((kind) => `${kind}\t${namespaceOf(container, kind)}`);
}

/** The inode of a namespace of a container. @throws SneakpeekError NOT_RUNNING, FILES_UNREADABLE */
export function namespaceOf(container: ContainerInfo, kind: string): number {
  const path = `/proc/${processOf(container)}/ns/${kind}`;
  try {
    return statSync(path).ino;
  } catch (error) {
    throw unreadable('look at', path, error);
  }
}

function processOf({ pid, name, id }: ContainerInfo): number {
  if (pid !== null) return pid;
  throw new SneakpeekError(
    'NOT_RUNNING',
    `container ${name ?? id} does not run, so it has no namespaces`,
    'Start it.',
  );
}
