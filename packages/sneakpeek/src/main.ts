import { UsageError } from '@imagesnoop/output';

type Command = (argv: readonly string[]) => Promise<never>;

/** Loaded when asked for, since each brings its own. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  files: async () => (await import('./commands/files.js')).files,
  merged_dir: async () => (await import('./commands/merged-dir.js')).mergedDir,
};

/** Which command a command line asks for: its first word, or what follows `-t`. */
export function commandOf(argv: readonly string[]): { name: string; rest: readonly string[] } {
  const [first = '', ...others] = argv;
  if (Object.hasOwn(COMMANDS, first)) return { name: first, rest: others };
  for (const [at, word] of argv.entries()) {
    if (word === '--') break;
    const joined = /^(?:-t|--type=)(.+)$/.exec(word)?.[1];
    const name = word === '-t' || word === '--type' ? argv[at + 1] : joined;
    if (name !== undefined && Object.hasOwn(COMMANDS, name)) return { name, rest: argv };
  }
  return { name: 'files', rest: argv };
}

/** Runs the program; it does not return. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<never> {
  const { name, rest } = commandOf(argv);
  const load = COMMANDS[name];
  if (load === undefined) throw new UsageError('USAGE', `no command ${name}`, 'see --help');
  return (await load())(rest);
}
