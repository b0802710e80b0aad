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
  -v, --verbose        say release, status and times at the end
${DEGRADE_USAGE}`;

const usage = (message) =>
  fail('KERNELS_USAGE', message, 'tools/kernels/run --help shows how it is called.');

/**
 * @param {readonly string[]} argv
 * @returns {{ kernel: string, command: string[], arch: string, seconds: number, memory: number,
 *   cpus: number, env: Record<string, string>, degrade: object, verbose: boolean, help: boolean }}
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
  return { ...common(values), kernel: positionals[0], command, help: false };
}

function parse(argv) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(error.message);
  }
}

const OPTIONS = {
  arch: { type: 'string', default: 'amd64' },
  seconds: { type: 'string', default: '300' },
  memory: { type: 'string', default: '1024' },
  cpus: { type: 'string', default: '2' },
  env: { type: 'string', multiple: true, default: [] },
  append: { type: 'string', default: '' },
  verbose: { type: 'boolean', short: 'v', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  ...DEGRADE_OPTIONS,
};

function common(values) {
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
