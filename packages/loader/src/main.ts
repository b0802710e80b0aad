import { readFileSync } from 'node:fs';
import { nearest } from './cli.js';
import { UsageError } from './errors.js';

const HELP = `usage: loader COMMAND [OPTIONS]

  doctor             what this machine can do, tool by tool
  run OBJECT.bpf.o   load any CO-RE object and print what it reports

  -V, --version      version of this package
  -h, --help         this text; loader COMMAND --help tells more
`;

type Command = (args: readonly string[]) => Promise<number>;

// Only the command that is asked for is loaded.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  doctor: async () => (await import('./doctor/command.js')).doctor,
  run: async () => (await import('./run/command.js')).run,
};

/** @returns the exit code */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  try {
    return await dispatch(name, args);
  } catch (error) {
    return complain(error);
  }
}

async function dispatch(name: string | undefined, args: readonly string[]): Promise<number> {
  if (name === '--version' || name === '-V') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  const command = COMMANDS[name ?? ''];
  if (command !== undefined) return (await command())(args);
  const near = nearest(name ?? '', Object.keys(COMMANDS));
  throw new UsageError('USAGE', name === undefined ? 'which command?' : `no command '${name}'`, {
    hint: near === undefined ? 'doctor or run; see loader --help.' : `Did you mean ${near}?`,
  });
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** What users see of an error: expected ones (a code, and a hint or exit code) without their stack. */
function complain(error: unknown): number {
  const { code, hint, exitCode } = (error ?? {}) as {
    code?: string;
    hint?: string;
    exitCode?: number;
  };
  const expected = code !== undefined && (hint !== undefined || exitCode !== undefined);
  if (!(error instanceof Error) || !expected) {
    const stack = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`loader: this is a bug in loader, please report it\n${stack}\n`);
    return 1;
  }
  process.stderr.write(`loader: ${error.message}\n`);
  if (hint !== undefined) process.stderr.write(`  ${hint}\n`);
  return exitCode ?? 1;
}
