// What each tool needs of the container that it runs in. tools/image/test takes each away and looks what
// is missing then; deploy/ and docs/container.md are compared with this.

/** Of every tracer: to load programs, to read the kernel, and to give up root once attached. */
const COMMON = ['BPF', 'PERFMON', 'SETUID', 'SETGID'];

/** Capabilities by tool. */
export const CAPABILITIES = {
  tcpconnect: COMMON,
  tcpflow: COMMON,
  mkdirsnoop: COMMON,
  execsnoop: COMMON,
  sneakpeek: COMMON,
  // It reads the services' schema out of the daemon's binary.
  containerdsnoop: [...COMMON, 'SYS_PTRACE'],
  // It enters network namespaces of others, and opens its programs by id in a second process for
  // interfaces that come later: both take SYS_ADMIN, which stands for BPF and PERFMON as well.
  'tc-tracker': ['SETUID', 'SETGID', 'SYS_PTRACE', 'NET_ADMIN', 'SYS_ADMIN'],
};

/** Folders of the host that are mounted at the same path, read only. */
export const MOUNTS = ['/sys/kernel/tracing', '/sys/fs/cgroup', '/run'];
