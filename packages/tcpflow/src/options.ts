import { commonOptions, options as kinds } from '@imagesnoop/output';
import { parseAlert } from './alert.js';
import { parseRange } from './ports.js';

const PORT = { min: 0, max: 65_535 };
const DAY_MS = 86_400_000;

/** tcpflow's own flags; those of every tracer come with them. */
export const options = {
  port: kinds.numbers({
    ...PORT,
    letter: 'P',
    help: 'only these ports, remote for connect and local for accept, as in 80,8000-8100 or !443',
  }),
  range: kinds.special({
    letter: 'R',
    argument: 'FIRST,LAST',
    help: 'only ports from FIRST to LAST; with -P, these too',
    expected: 'two ports, as in 8000,8100',
    parse: parseRange,
  }),
  ipv4: kinds.flag({ letter: '4', help: 'only IPv4; decided in the kernel, as all filters' }),
  ipv6: kinds.flag({ letter: '6', help: 'only IPv6' }),
  interval: kinds.duration({
    letter: 'i',
    minMs: 100,
    maxMs: DAY_MS,
    help: 'print the tables at this interval, too (seconds)',
  }),
  sort: kinds.oneOf({
    choices: ['count', 'mtbs', 'pid'],
    help: 'most calls, shortest time between calls, or lowest pid first (count)',
  }),
  top: kinds.count({ min: 1, max: 65_536, help: 'only the first N flows of each table' }),
  alert: kinds.special({
    argument: 'LIMITS',
    help: 'print a flow the moment it passes limits, as in count>100,mtbs<0.1',
    expected: 'count>N, mtbs<SECONDS or both, as in count>100,mtbs<0.1',
    parse: parseAlert,
  }),
  events: kinds.flag({
    letter: 'e',
    help: 'a row per connect, accept and close instead of tables',
  }),
  showUid: kinds.flag({ letter: 'U', help: 'show the user id' }),
  file: {
    ...commonOptions.file,
    help: 'write the tables to this file; JSON Lines with --events or -o json; - is standard output',
  },
};
