import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Containers } from '@imagesnoop/containers';
import { packageVersion, runCommand, say, UsageError } from '@imagesnoop/output';
import { FollowedMap, mapPath } from '../maps/pinned.js';
import { commandOf, MONITORS, type Monitor } from '../maps/tools.js';
import { nodesMeant } from '../nodes/meant.js';
import { passThrough } from '../nodes/pass-through.js';
import { monitorOptions } from '../options.js';

/** `-t procmon` and `-t tcptracer`: another of our tools, for the mount namespaces of containers. */
export const monitor =
  (type: Monitor) =>
  (argv: readonly string[]): Promise<never> => {
    const { tool, flags } = MONITORS[type];
    return runCommand(
      {
        name: 'sneakpeek',
        version: packageVersion(import.meta.url),
        summary: `Pins a map of containers' mount namespaces, and starts ${tool} with it`,
        options: monitorOptions,
        operands: { name: 'WORD', help: `options of ${tool}, behind --`, min: 0, max: 1000 },
        examples: [
          { command: `sneakpeek -t ${type} -n web`, help: 'one container, also after restarts' },
          { command: `sneakpeek -t ${type} -n web -- -o json`, help: `with options of ${tool}` },
          {
            command: `sneakpeek -t ${type} -n web --map-only`,
            help: "only the map, for any tool that takes bcc's --mntnsmap",
          },
        ],
        async run(values, { operands, print, signal: asked }) {
          const signal = values.untilEof ? AbortSignal.any([asked, endOfInput()]) : asked;
          const names = values.container;
          if (names.length === 0) {
            throw new UsageError(
              'USAGE_OPERAND_MISSING',
              '-n is missing',
              '-n NAME says whose map.',
            );
          }
          const nodes = await nodesMeant(values);
          const path = values.map ?? mapPath(names);
          if (nodes !== null) {
            const flags = ['--until-eof', ...(values.mapOnly ? ['--map-only'] : [])];
            const words = [type, ...names.map((name) => `--container=${name}`), `--map=${path}`];
            const behind = operands.length > 0 ? ['--', ...operands] : [];
            return passThrough(nodes, values.remote, [...words, ...flags, ...behind], {
              print,
              signal,
            });
          }
          const containers = await Containers.open();
          const map = await FollowedMap.open(path, containers, names, values.wait).catch(
            (error) => {
              containers.close();
              throw error;
            },
          );
          try {
            if (!values.quiet)
              say(`sneakpeek: ${path} has ${map.members.join(', ') || 'none yet'}`);
            if (!values.mapOnly) {
              const command = [...commandOf(tool, packageVersion(import.meta.url)), ...flags];
              await run([...command, '--mntnsmap', path, ...operands], signal);
            } else if (values.follow) await ended(signal);
          } finally {
            map.close(values.mapOnly);
            containers.close();
            process.stdin.destroy();
          }
        },
      },
      argv,
    );
  };

/** Aborted when standard input ends. */
function endOfInput(): AbortSignal {
  const end = new AbortController();
  process.stdin.resume().once('close', () => end.abort());
  return end.signal;
}

/** Resolves when the user ends the command; keeps the process alive until then. */
async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const alive = setInterval(() => {}, 0x7fffffff);
  await once(signal, 'abort');
  clearInterval(alive);
}

/** Runs a tool in the foreground, until it ends or is to end. @throws ToolEnded with its exit code */
async function run(
  [program = '', ...words]: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const child: ChildProcess = spawn(program, words, { stdio: 'inherit' });
  const end = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', end, { once: true });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 && !signal.aborted) throw new ToolEnded(program, words, code);
}

/** The tool that was started has said itself what is wrong. */
class ToolEnded extends Error {
  readonly code = 'TOOL_FAILED';
  readonly hint = 'What it said is above.';
  readonly exitCode: number;

  constructor(program: string, words: readonly string[], code: number | null) {
    super(`${[program, ...words].join(' ')}: exit code ${code}`);
    this.exitCode = code ?? 1;
  }
}
