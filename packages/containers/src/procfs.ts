import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

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

/** When the process started, or null when it is gone (a zombie is gone: it has no namespaces). */
export async function startTicks(pid: number): Promise<number | null> {
  try {
    return parseStartTicks(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** True while that very process lives. Costs about 20 microseconds, hence the callers' budgets. */
export function isAlive({ pid, startTicks }: ProcessId): boolean {
  try {
    return parseStartTicks(readFileSync(`/proc/${pid}/stat`, 'latin1')) === startTicks;
  } catch {
    return false;
  }
}

/** Inode of a process's mount namespace, or null when it is gone or not ours to see. */
export async function mountNamespace(pid: number | 'self'): Promise<number | null> {
  try {
    return (await stat(`/proc/${pid}/ns/mnt`)).ino;
  } catch {
    return null;
  }
}

/** True for the first process of a pid namespace that is not the host's. */
export async function isNamespaceInit(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return /^NSpid:(?:\t\d+)+\t1$/m.test(status);
}

/**
 * Facts of one process, or null when it is gone. The start time is read before and after, so that
 * all facts are of one process even when the number is reused meanwhile.
 */
export async function processFacts(pid: number): Promise<ProcessFacts | null> {
  const before = await startTicks(pid);
  if (before === null) return null;
  const [mntns, cgroup] = await Promise.all([
    mountNamespace(pid),
    readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => null),
  ]);
  if (cgroup === null || (await startTicks(pid)) !== before) return null;
  return { pid, startTicks: before, mntns, cgroups: parseCgroups(cgroup) };
}
