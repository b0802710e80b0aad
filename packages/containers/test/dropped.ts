/**
 * Run as a child by dropped.kernel.test.ts, because privileges are a process's own: becomes nobody
 * before or after it opened containers, and writes a JSON line for each change of `late`.
 * Arguments: the options as JSON, and `before` or `after`.
 */
import { Containers, type ContainersOptions } from '../src/index.js';

const [options = '{}', when] = process.argv.slice(2);

/** Of other containers of this machine nobody tells a name. */
const names = () => containers.list().flatMap(({ name }) => name ?? []);

function becomeNobody(): void {
  process.setgroups?.([]);
  process.setgid?.(65534);
  process.setuid?.(65534);
}

function tell(value: unknown): void {
  const text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each));
  process.stdout.write(`${text}\n`);
}

if (when === 'before') becomeNobody();
const containers = await Containers.open(JSON.parse(options) as ContainersOptions);
await containers.ready;
if (when === 'after') becomeNobody();
await containers.select(
  { containers: ['late'] },
  {
    wait: true,
    onChange: (change) => tell({ ...change, running: names() }),
  },
);
tell({ running: names(), notes: containers.notes() });
process.stdin.resume().on('end', () => containers.close());
