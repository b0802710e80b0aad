import { packageVersion, runCommand } from '@imagesnoop/output';
import { SneakpeekError } from '../errors.js';
import { type MeantNode, nodesMeant } from '../nodes/meant.js';
import { failureOf, prefixOf } from '../nodes/pass-through.js';
import { RemoteCommand } from '../nodes/ssh.js';
import { whichWords } from '../nodes/words.js';
import { farWatchOptions } from '../options.js';

/** `-t fswatch -a NODE`: changes of files on other machines, as they happen, as JSON Lines. */
export const farWatch = (argv: readonly string[]): Promise<never> =>
  runCommand(
    {
      name: 'sneakpeek',
      version: packageVersion(import.meta.url),
      summary: 'Shows every change of a file in containers of other nodes, as JSON Lines',
      options: farWatchOptions,
      operands: { name: 'CONTAINER', help: 'as --container', min: 0, max: 1000 },
      examples: [
        { command: 'sneakpeek fswatch -a 10.0.0.3,10.0.0.4', help: 'all containers of two nodes' },
        { command: 'sneakpeek fswatch web --cluster', help: 'one, wherever it runs' },
      ],
      async run(values, { operands, print, signal }) {
        const nodes = (await nodesMeant(values)) ?? [];
        const words = [
          ...['fswatch', '--output=json', '--quiet', '--until-eof', '--wait'],
          ...whichWords({ container: [...values.container, ...operands] }),
          ...(values.host ? ['--host'] : []),
          ...(values.showSecrets ? ['--show-secrets'] : []),
        ];
        const prefix = prefixOf(values.remote);
        const failures: Error[] = [];
        const watch = async (node: MeantNode): Promise<void> => {
          try {
            const command = new RemoteCommand(node, prefix, words, signal);
            for await (const line of command.lines()) await print(`${withNode(node, line)}\n`);
          } catch (error) {
            failures.push(error as Error);
          }
        };
        await Promise.all(nodes.map(watch));
        const failure = failureOf(failures, nodes.length);
        if (failure !== undefined) throw failure;
      },
    },
    argv,
  );

/** A line that a node has written. @throws SneakpeekError NODE_FAILED if it is no JSON object */
function withNode({ address }: MeantNode, line: string): string {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null && !Array.isArray(row))
      return JSON.stringify({ node: address, ...row });
  } catch {
    // said below
  }
  const what = `${address}: what it writes is no JSON`;
  throw new SneakpeekError('NODE_FAILED', what, 'What runs there is set by --remote.');
}
