// What the columns of the first look's tables mean. A test compares this with the tools' headers.

const OWNER = {
  PID: 'process id, as the host sees it, also for a process in a container',
  COMM: 'name of the thread that made the call, 15 bytes at most',
};

/** Headers of each tool's usual table, in order, and their meaning. */
export const COLUMNS = {
  execsnoop: {
    PID: OWNER.PID,
    PPID: 'process that started it',
    COMM: 'name of the new program, 15 bytes at most',
    ARGS: 'its arguments; passwords and tokens in them are not shown',
  },
  tcpconnect: {
    ...OWNER,
    IP: '4 or 6; an IPv6 socket that reaches an IPv4 address counts as 4',
    SADDR: 'source address',
    DADDR: 'destination address',
    DPORT: 'destination port',
    ERROR: 'why the connection was not established; empty when it was',
    'LAT(ms)': 'milliseconds from the attempt to its outcome',
  },
  mkdirsnoop: {
    ...OWNER,
    MODE: 'permissions asked for, octal, before the umask',
    ERROR: 'why the directory was not made; empty when it was',
    PATH: "the whole path, from the caller's root, also when a relative one was given",
  },
};
