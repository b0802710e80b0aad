import { type Option, optionHelp, parse, positiveNumber } from '../cli.js';
import { UsageError } from '../errors.js';
import { runObject } from './run.js';

const OPTIONS: readonly Option[] = [
  { flag: 'maps', description: 'print the maps at the end' },
  { flag: 'interval', argument: 'S', description: 'print the maps every S seconds' },
  { flag: 'duration', letter: 'd', argument: 'S', description: 'stop after S seconds' },
  { flag: 'struct', argument: 'NAME', description: 'struct of the records (default: guessed)' },
  { flag: 'btf', argument: 'FILE', description: "BTF file in place of the kernel's own" },
  { flag: 'verbose', letter: 'v', description: 'say what is attached' },
  { flag: 'no-drop', description: 'keep root after attaching' },
  { flag: 'help', letter: 'h', description: 'this text' },
];

const HELP = `usage: loader run [OPTIONS] OBJECT.bpf.o

Loads any CO-RE object, attaches each program as its section says, and prints what arrives in its
ring buffers as JSON Lines, typed by the object's BTF; records of no known type as hex. Of programs
that see the same by two kinds of hooks only one is attached.

${optionHelp(OPTIONS)}
examples:
  loader run bootstrap.bpf.o
  loader run --maps --interval 1 runqlat.bpf.o
  loader run --struct event -d 10 opensnoop.bpf.o | jq .data.fname
`;

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, OPTIONS);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0)
    throw new UsageError('USAGE', 'run takes one object file', { hint: 'See loader run --help.' });
  const seconds = (flag: string): number | undefined =>
    values[flag] === undefined ? undefined : positiveNumber(flag, String(values[flag]));
  await runObject(path, {
    maps: values.maps === true,
    interval: seconds('interval'),
    duration: seconds('duration'),
    struct: values.struct as string | undefined,
    btf: values.btf as string | undefined,
    verbose: values.verbose === true,
    drop: values['no-drop'] !== true,
  });
  return 0;
}
