import { commonOptions, options as kinds } from '@imagesnoop/output';

/** tcpconnect's own flags; those of every tracer come with them. */
export const options = {
  port: kinds.numbers({
    min: 0,
    max: 65_535,
    help: 'only these remote ports, as in 80,8000-8100 or !443',
  }),
  ipv4: kinds.flag({ letter: '4', help: 'only IPv4; decided in the kernel, as all filters' }),
  ipv6: kinds.flag({ letter: '6', help: 'only IPv6' }),
  cidr: kinds.networks({ help: 'only remote addresses in these networks; !network excludes' }),
  when: kinds.oneOf({
    choices: ['attempt', 'outcome', 'both'],
    help: 'a row when the attempt begins, when it ends, or both (outcome)',
  }),
  failedOnly: kinds.flag({ help: 'only attempts that failed or were given up' }),
  noSyncErrors: kinds.flag({
    help: 'do not watch calls: no attempts that fail at once, ret is derived from the outcome',
  }),
  dns: kinds.flag({ letter: 'd', help: 'show the name that the process looked up' }),
  count: kinds.flag({
    letter: 'c',
    help: 'count per source and destination in the kernel; print at the end',
  }),
  localPort: kinds.flag({ letter: 'L', help: 'show the local port' }),
  showUid: kinds.flag({ letter: 'U', help: 'show the user id' }),
  pid: { ...commonOptions.pid, aliases: ['P'] },
};
