import type { Options as YargsOptions } from 'yargs';
import { flagName, type Options } from './option.js';

/** The word by which a completion script asks for candidates. */
export const COMPLETION_REQUEST = '--get-yargs-completions';

/**
 * Prints the completion script, or the candidates that it asks for. yargs is loaded here only, for
 * its start costs as much as the rest of a tool's.
 */
export async function complete(
  name: string,
  table: Options,
  argv: readonly string[],
): Promise<void> {
  const { default: yargs } = await import('yargs');
  const options: Record<string, YargsOptions> = {};
  for (const [key, option] of Object.entries(table)) {
    options[flagName(key).slice(2)] = {
      describe: option.help,
      type: option.argument === undefined ? 'boolean' : 'string',
      alias: (option.aliases ?? []).filter((alias) => alias.length > 1),
      ...(option.choices ? { choices: option.choices } : {}),
    };
  }
  const cli = yargs([...argv])
    .scriptName(name)
    .options(options)
    .help(false)
    .version(false)
    .completion('completion', false);
  if (argv.includes(COMPLETION_REQUEST)) await cli.parseAsync();
  else cli.showCompletionScript();
}
