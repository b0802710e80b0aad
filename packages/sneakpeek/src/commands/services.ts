import { Storage } from '@imagesnoop/containers';
import { packageVersion, runCommand, UsageError } from '@imagesnoop/output';
import { nodesMeant } from '../nodes/meant.js';
import { passThrough } from '../nodes/pass-through.js';
import { whichWords } from '../nodes/words.js';
import { serviceOptions } from '../options.js';
import { isLeftOut } from '../targets.js';
import { install, uninstall } from '../units/install.js';
import { programWords, type Service } from '../units/template.js';

/** `--install` and `--uninstall`: a service of systemd for each container. */
export const services =
  (service: Service) =>
  (argv: readonly string[]): Promise<never> =>
    runCommand(
      {
        name: 'sneakpeek',
        version: packageVersion(import.meta.url),
        summary: `Installs ${service} as a systemd service for each container`,
        options: serviceOptions,
        operands: { name: 'CONTAINER', help: 'as --container', min: 0, max: 1000 },
        examples: [
          { command: `sneakpeek ${service} --install -n web`, help: `${service}@web.service` },
          {
            command: `sneakpeek ${service} --install --dry-run`,
            help: 'what would be done for all',
          },
          {
            command: `sneakpeek ${service} --uninstall -n web -a 10.0.0.3`,
            help: 'on another node',
          },
        ],
        async run(values, { operands, print, signal }) {
          if (values.install && values.uninstall) {
            const hint = 'One or the other.';
            throw new UsageError('USAGE_BAD_VALUE', '--install and --uninstall are given', hint);
          }
          const container = [...values.container, ...operands];
          const nodes = await nodesMeant(values);
          if (nodes !== null) {
            const words = [
              ...[service, values.install ? '--install' : '--uninstall'],
              ...whichWords({ ...values, container }),
              ...(values.dryRun ? ['--dry-run'] : []),
            ];
            return passThrough(nodes, values.remote, words, { print, signal });
          }
          const act = values.install ? install : uninstall;
          await act({
            service,
            containers: container.length > 0 ? container : await allContainers(values),
            program: programWords(packageVersion(import.meta.url)),
            folder: values.unitDir ?? '/etc/systemd/system',
            dryRun: values.dryRun,
            print,
          });
        },
      },
      argv,
    );

/** Names of all that run. */
async function allContainers(values: {
  readonly engine?: 'docker' | 'containerd' | 'cri' | 'podman' | undefined;
  readonly exclude: readonly string[];
}): Promise<string[]> {
  const storage = await Storage.open(values.engine === undefined ? {} : { kinds: [values.engine] });
  storage.close();
  const found = storage.containers.filter(
    (container) => container.pid !== null && !isLeftOut(container, values.exclude),
  );
  // A pod's container has a name that others have, too.
  const names = found.map(({ name, id, k8s }) => (name === null || k8s !== null ? id : name));
  if (names.length > 0) return names;
  throw new UsageError('USAGE_OPERAND_MISSING', 'no container runs', '-n NAME names one.');
}
