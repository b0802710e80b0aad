import { options as kinds } from '@imagesnoop/output';

const HOUR_MS = 3_600_000;

/** tc-tracker's own flags; those of every tracer come with them. */
export const options = {
  interface: kinds.list({
    letter: 'i',
    help: 'only these, as in eth0,veth*,!docker0 (those that are up and carry a route, as they appear)',
  }),
  netns: kinds.list({
    help: 'interfaces of these network namespaces: names of ip-netns(8) or process ids',
  }),
  interval: kinds.duration({
    minMs: 100,
    maxMs: 24 * HOUR_MS,
    help: 'time between two pictures (2)',
  }),
  top: kinds.count({ min: 1, max: 1_000_000, help: 'only the first N sessions of each picture' }),
  sort: kinds.oneOf({
    choices: ['rate', 'bytes', 'packets', 'duration'],
    help: 'which sessions come first (rate)',
  }),
  durations: {
    ...kinds.text({
      argument: 'FILE',
      help: 'append the duration of each finished session to this file (statistics.dat), show a histogram at the end',
    }),
    implied: 'statistics.dat',
  },
  plot: kinds.text({
    argument: 'FILE',
    help: 'draw a histogram of durations at the end, by the name as .svg or .png',
  }),
  idle: kinds.duration({
    minMs: 1000,
    maxMs: 240 * HOUR_MS,
    help: 'silence after which a session counts as ended (5m)',
  }),
  maxSessions: kinds.count({
    min: 16,
    max: 16_777_216,
    help: 'room in the table; beyond, those silent longest make way and are counted as lost (65536)',
  }),
};
