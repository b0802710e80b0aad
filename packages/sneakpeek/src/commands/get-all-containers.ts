import { Storage } from '@imagesnoop/containers';
import { packageVersion, runCommand } from '@imagesnoop/output';
import { mayHaveCluster } from '../nodes/configured.js';
import { listOptions } from '../options.js';
import { isLeftOut } from '../targets.js';

/** Address of this machine, where there is no cluster that would know another. */
const HERE = '127.0.0.1';

/** Every container of the cluster, a line each. */
export const getAllContainers = (argv: readonly string[]): Promise<never> =>
  runCommand(
    {
      name: 'get_all_containers',
      version: packageVersion(import.meta.url),
      summary: 'Prints NODE_IP,CONTAINER_ID for each container of the cluster that runs',
      options: listOptions,
      examples: [
        { command: 'get_all_containers', help: 'the cluster of kubectl, else this machine' },
        { command: 'get_all_containers -e web-0 -e web-1', help: 'but those of two pods' },
      ],
      async run(values, { print }) {
        const excluded = new Set(values.exclude);
        const lines = values.local ? null : await ofCluster(excluded);
        for (const line of lines ?? (await ofThisMachine(values))) await print(`${line}\n`);
      },
    },
    argv,
  );

/** Null where no cluster is configured. */
async function ofCluster(excluded: ReadonlySet<string>): Promise<string[] | null> {
  if (!mayHaveCluster()) return null;
  const { Kubernetes } = await import('../nodes/kubernetes.js');
  const cluster = Kubernetes.find();
  if (cluster === null) return null;
  const [nodes, containers] = await Promise.all([cluster.nodes(), cluster.containers()]);
  const addresses = new Map(nodes.map(({ name, address }) => [name, address]));
  return containers
    .filter(({ pod }) => !excluded.has(pod))
    .map(({ node, id }) => `${addresses.get(node) ?? node},${id}`);
}

async function ofThisMachine(values: {
  readonly engine?: 'docker' | 'containerd' | 'cri' | 'podman' | undefined;
  readonly exclude: readonly string[];
}): Promise<string[]> {
  const storage = await Storage.open(values.engine === undefined ? {} : { kinds: [values.engine] });
  storage.close();
  return storage.containers
    .filter((container) => container.pid !== null && !isLeftOut(container, values.exclude))
    .map(({ id }) => `${HERE},${id}`);
}
