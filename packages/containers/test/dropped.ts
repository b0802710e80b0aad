/**
 * Run as a child by dropped.kernel.test.ts, because privileges are a process's own: opens
 * containers as root, becomes nobody, and writes a JSON line for each container that starts.
 */
import { Containers, type ContainersOptions } from '../src/index.js';

const containers = await Containers.open(JSON.parse(process.argv[2] ?? '{}') as ContainersOptions);
await containers.ready;
process.setgroups?.([]);
process.setgid?.(65534);
process.setuid?.(65534);
const tell = (value: unknown): void => {
  const text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each));
  process.stdout.write(`${text}\n`);
};
await containers.select(
  { containers: ['late'] },
  { wait: true, onChange: ({ add, remove, container }) => tell({ add, remove, container }) },
);
tell('ready');
process.stdin.resume().on('end', () => containers.close());
