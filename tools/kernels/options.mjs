// Arguments of the two commands, `run` and `test`.
import { parseArgs } from 'node:util';
import { fail } from './base.mjs';
import { KERNELS } from './catalogue.mjs';
import { DEGRADE_OPTIONS, DEGRADE_USAGE, degradation } from './degrade.mjs';

const NAMES = Object.keys(KERNELS).join(', ');

export const RUN_USAGE = `Usage: tools/kernels/run [OPTIONS] KERNEL -- COMMAND [ARGS]

Runs a command under another kernel, in a virtual machine that has this machine's files
(read-only, with a writable layer that is thrown away) and this working directory.
Its output and exit status are the command's; 125 means that the machine failed.

KERNEL is one of ${NAMES}.

  --arch ARCH          amd64 (default) or arm64
  --seconds N          limit for the command, default 300
  --memory MIB         default 1024
  --cpus N             default 2
  --env NAME=VALUE     environment for the command, repeatable
  --append TEXT        more kernel parameters
  --headers            with the kernel's headers, for tools that compile (bcc)
  -v, --verbose        say release, status and times at the end
${DEGRADE_USAGE}`;

export const TEST_USAGE = `Usage: npm run test:kernels -- [OPTIONS] [KERNEL...] [TOOL...]

Runs the tools' kernel tests in virtual machines, with every hook alternative each kernel has,
prints a table and writes docs/kernels.md.

KERNEL is one of ${NAMES}; default all. TOOL is the name of a package; default those
that have a BPF program, and kernels, which checks the loader's doctor.

  --arch ARCH          amd64 (default) or arm64
  --jobs N             machines at a time, default 1
  --seconds N          limit for all tests of a kernel, default 900
  --memory MIB         default 2048
  --cpus N             default 2
  --env NAME=VALUE     environment for the tests, repeatable
  --append TEXT        more kernel parameters
  --hooks              only tests with a [hook] in their names
  --no-setup           test what is built already
${DEGRADE_USAGE}
With one of these, docs/kernels.md is left as it is.
`;

const usage = (message) =>
  fail('KERNELS_USAGE', message, 'tools/kernels/run --help shows how it is called.');

/**
 * @param {readonly string[]} argv
 * @returns {{ kernel: string, command: string[], arch: string, seconds: number, memory: number,
 *   cpus: number, env: Record<string, string>, degrade: import('./degrade.mjs').Degradation, verbose: boolean, help: boolean }}
 */
export function parseArguments(argv) {
  const split = argv.indexOf('--');
  const own = split < 0 ? argv : argv.slice(0, split);
  const command = split < 0 ? [] : argv.slice(split + 1);
  const { values, positionals } = parse(own);
  if (values.help) return { help: true };
  if (positionals.length !== 1 || !(positionals[0] in KERNELS)) {
    throw usage(`Expected one kernel (${NAMES}), got ${positionals.join(' ') || 'none'}`);
  }
  if (command.length === 0) throw usage('Expected a command after --');
  return { ...commonOf(values), kernel: positionals[0], command, help: false };
}

/**
 * Names of kernels are kernels, all others are tools; npm may have taken a `--` between them.
 * @param {readonly string[]} argv
 * @returns {{ kernels: string[], tools: string[], jobs: number, build: boolean, hooks: boolean, record: boolean,
 *   arch: string,
 *   seconds: number, memory: number, cpus: number, env: object, degrade: import('./degrade.mjs').Degradation, help: boolean }}
 */
export function parseTestArguments(argv) {
  const { values, positionals } = parse(
    argv.filter((each) => each !== '--'),
    { seconds: '900', memory: '2048' },
  );
  if (values.help) return { help: true };
  const named = positionals.filter((each) => each in KERNELS);
  const common = commonOf(values);
  const { lacks, append } = common.degrade;
  return {
    ...common,
    kernels: named.length > 0 ? named : Object.keys(KERNELS),
    tools: positionals.filter((each) => !(each in KERNELS)),
    jobs: positive('jobs', values),
    build: !values['no-setup'],
    hooks: values.hooks,
    record: lacks.length === 0 && append === '',
    help: false,
  };
}

function parse(argv, defaults = {}) {
  try {
    return parseArgs({
      args: [...argv],
      options: optionsWith(defaults),
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw usage(error.message);
  }
}

const optionsWith = (defaults) =>
  Object.fromEntries(
    Object.entries(OPTIONS).map(([name, option]) => [
      name,
      name in defaults ? { ...option, default: defaults[name] } : option,
    ]),
  );

const OPTIONS = {
  jobs: { type: 'string', default: '1' },
  'no-setup': { type: 'boolean', default: false },
  hooks: { type: 'boolean', default: false },
  arch: { type: 'string', default: 'amd64' },
  seconds: { type: 'string', default: '300' },
  memory: { type: 'string', default: '1024' },
  cpus: { type: 'string', default: '2' },
  env: { type: 'string', multiple: true, default: [] },
  append: { type: 'string', default: '' },
  headers: { type: 'boolean', default: false },
  verbose: { type: 'boolean', short: 'v', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  ...DEGRADE_OPTIONS,
};

function commonOf(values) {
  if (values.arch !== 'amd64' && values.arch !== 'arm64') {
    throw usage(`--arch expects amd64 or arm64, got ${values.arch}`);
  }
  const degrade = degradation(values, usage);
  degrade.append = `${degrade.append} ${values.append}`.trim();
  return {
    arch: values.arch,
    seconds: positive('seconds', values),
    memory: positive('memory', values),
    cpus: positive('cpus', values),
    env: Object.fromEntries(values.env.map(pair)),
    degrade,
    headers: values.headers,
    verbose: values.verbose,
  };
}

function positive(name, values) {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) {
    throw usage(`--${name} expects a whole number from 1 on, got ${values[name]}`);
  }
  return number;
}

function pair(text) {
  const at = text.indexOf('=');
  if (at < 1) throw usage(`--env expects NAME=VALUE, got ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}
