import { type Option, optionHelp, parse } from '../cli.js';
import { UsageError } from '../errors.js';
import { examine } from './examine.js';
import { report } from './report.js';

const OPTIONS: readonly Option[] = [
  { flag: 'output', letter: 'o', argument: 'FORM', description: 'table (default) or json' },
  { flag: 'no-tools', description: 'the machine alone, without trying each tool' },
  { flag: 'btf', argument: 'FILE', description: "BTF file in place of the kernel's own" },
  { flag: 'help', letter: 'h', description: 'this text' },
];

const HELP = `usage: loader doctor [OPTIONS]

What this machine can do: kernel, BTF, privileges, each kind of hook tried for real, container
runtimes, and for each tool installed here the hook that it would use.

${optionHelp(OPTIONS)}
exit: 0 all tools can run, 3 one cannot, or tracing is not possible at all

examples:
  loader doctor
  loader doctor -o json | jq .tools
`;

const EXIT_CANNOT = 3;

/** @returns the exit code */
export async function doctor(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, OPTIONS);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0)
    throw new UsageError('USAGE', `doctor takes no arguments, got '${positionals[0]}'`);
  const form = values.output ?? 'table';
  if (form !== 'table' && form !== 'json')
    throw new UsageError('USAGE', `--output: expected table or json, got '${form}'`);
  const diagnosis = await examine(values.btf as string | undefined, values['no-tools'] !== true);
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  process.stdout.write(
    form === 'json' ? `${JSON.stringify(diagnosis, null, 2)}\n` : report(diagnosis, color),
  );
  return diagnosis.ok ? 0 : EXIT_CANNOT;
}
