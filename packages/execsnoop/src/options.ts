import { commonOptions, options as kinds } from '@imagesnoop/output';

const { letter: _, ...quiet } = commonOptions.quiet;

/** execsnoop's own flags; those of every tracer come with them. Letters are bcc's. */
export const options = {
  failed: kinds.flag({ letter: 'x', help: 'calls that failed, too' }),
  exit: kinds.flag({ help: 'a row for the end of each process shown: duration, code or signal' }),
  name: kinds.regex({ letter: 'n', help: 'only commands whose name matches' }),
  line: kinds.regex({ letter: 'l', help: 'only commands whose arguments, as shown, match' }),
  ppid: kinds.numbers({
    letter: 'P',
    min: 1,
    max: 4_194_304,
    help: 'only children of these process ids; decided in the kernel',
  }),
  tree: kinds.count({
    min: 1,
    max: 4_194_304,
    argument: 'PID',
    help: 'only this process and all its descendants; followed in the kernel',
  }),
  maxArgs: kinds.count({ min: 0, max: 65_536, help: 'show no more arguments than this' }),
  quote: kinds.flag({ letter: 'q', help: 'show each argument in double quotes' }),
  showUid: kinds.flag({ letter: 'U', help: 'show the user id' }),
  showSecrets: kinds.flag({ help: 'show passwords and tokens in arguments as they are' }),
  count: kinds.flag({
    letter: 'c',
    help: 'count in the kernel instead, and print the counts at intervals',
  }),
  by: kinds.oneOf({
    choices: ['uid', 'comm', 'container', 'exe'],
    help: 'what is counted by (uid); implies --count',
  }),
  interval: kinds.duration({
    minMs: 100,
    maxMs: 86_400_000,
    help: 'how often counts are printed (5 seconds); implies --count',
  }),
  quiet,
};
