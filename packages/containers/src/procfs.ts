import { readFileSync, readlinkSync, statSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from boot to its start; `pid` and this are unique until the next boot. */
  readonly startTicks: number;
}

/** What /proc says of a process, all of it about one and the same process. */
export interface ProcessFacts extends ProcessId {
  /** Inode of its mount namespace; null when we may not look (that needs ptrace rights). */
  readonly mntns: number | null;
  /** Its cgroup paths by hierarchy; '' is v2. As seen from our own cgroup namespace. */
  readonly cgroups: ReadonlyMap<string, string>;
}

/**
 * Field 22 of /proc/PID/stat. The command name in field 2 may hold spaces and parentheses, so
 * counting starts behind the last parenthesis.
 */
export function parseStartTicks(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[22 - 3]);
  const gone = fields[0] === 'X' || fields[0] === 'Z';
  return Number.isSafeInteger(ticks) && ticks > 0 && !gone ? ticks : null;
}

/** /proc/PID/cgroup by hierarchy: one key per v1 controller, '' for v2. */
export function parseCgroups(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    for (const controller of (controllers ?? '').split(',')) paths.set(controller, path);
  }
  return paths;
}

/**
 * All reads here are synchronous: each takes some 20 microseconds, happens once per container,
 * and a new container has to be known before it runs; the thread pool's detours took longer.
 */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** When the process started, or null when it is gone (a zombie is gone: it has no namespaces). */
const startTicks = (pid: number): number | null => parseStartTicks(read(`/proc/${pid}/stat`) ?? '');

/** Its cgroup paths by hierarchy, also of a zombie; none when it is gone. Not proof against reuse. */
export const cgroupsOf = (pid: number): Map<string, string> =>
  parseCgroups(read(`/proc/${pid}/cgroup`) ?? '');

/** Its parent, or null when it is gone. */
export function parentOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** The name it goes by (`comm`), or null when it is gone. */
export const nameOf = (pid: number): string | null => read(`/proc/${pid}/comm`)?.trimEnd() ?? null;

/** Words of its command line; none of a zombie or when it is gone. */
export const commandOf = (pid: number): string[] =>
  (read(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);

/** True while that very process lives. */
export const isAlive = ({ pid, startTicks: started }: ProcessId): boolean =>
  startTicks(pid) === started;

/** Inode of a process's mount namespace, or null when it is gone or not ours to see. */
export function mountNamespace(pid: number | 'self'): number | null {
  try {
    return statSync(`/proc/${pid}/ns/mnt`, { throwIfNoEntry: false })?.ino ?? null;
  } catch {
    return null;
  }
}

/** True for the first process of a pid namespace that is not the host's. */
export const isNamespaceInit = (pid: number): boolean =>
  /^NSpid:(?:\t\d+)+\t1$/m.test(read(`/proc/${pid}/status`) ?? '');

/**
 * Facts of one process, or null when it is gone. The start time is read before and after, so that
 * all facts are of one process even when the number is reused meanwhile.
 */
export function processFacts(pid: number): ProcessFacts | null {
  const before = startTicks(pid);
  if (before === null) return null;
  const mntns = mountNamespace(pid);
  const cgroups = cgroupsOf(pid);
  if (startTicks(pid) !== before) return null;
  return { pid, startTicks: before, mntns, cgroups };
}

/** Pid namespace of the machine itself: PROC_PID_INIT_INO, include/linux/proc_ns.h. */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** Are the process ids here those that runtimes of the host tell? */
export function seesHostProcesses(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === INITIAL_PID_NAMESPACE;
  } catch {
    return true;
  }
}
