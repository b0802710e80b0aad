// What is known of this machine without trying anything: cheap enough for every start.
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';

export const KERNEL_BTF = '/sys/kernel/btf/vmlinux';

/** The first kernel with BPF ring buffers. */
export const FIRST_KERNEL = '5.8';

/** Inode of the initial pid namespace: PROC_PID_INIT_INO, include/linux/proc_ns.h. */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** @returns undefined if the release does not begin with two numbers */
export function kernelVersion(text = release()): { major: number; minor: number } | undefined {
  const match = /^(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

/** Is this kernel older than the first one with BPF ring buffers? */
export function isTooOld(text = release()): boolean {
  const version = kernelVersion(text);
  if (version === undefined) return false;
  return version.major < 5 || (version.major === 5 && version.minor < 8);
}

/** User namespace of the machine itself: PROC_USER_INIT_INO, include/linux/proc_ns.h. */
const INITIAL_USER_NAMESPACE = 'user:[4026531837]';

/** Do the capabilities of this process count for the whole machine? True where that cannot be told. */
export function isInitialUserNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/user') === INITIAL_USER_NAMESPACE;
  } catch {
    return true;
  }
}

export function hasKernelBtf(): boolean {
  return existsSync(KERNEL_BTF);
}

/**
 * The process id by which BPF programs know this process, or undefined in another pid namespace
 * than the initial one, from where it cannot be seen.
 */
export function kernelPid(): number | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid') === INITIAL_PID_NAMESPACE ? process.pid : undefined;
  } catch {
    return undefined;
  }
}

/** Can kprobes be attached: through the kernel's perf device, or through tracefs before 4.17? */
export function hasKprobes(): boolean {
  return [
    '/sys/bus/event_source/devices/kprobe/type',
    '/sys/kernel/tracing/kprobe_events',
    '/sys/kernel/debug/tracing/kprobe_events',
  ].some((path) => existsSync(path));
}

/** Is the kernel told to run nothing that is attached through ftrace? It attaches it all the same. */
export function isFtraceOff(): boolean {
  return readText('/proc/sys/kernel/ftrace_enabled') === '0';
}

/** Mount point of the cgroup v2 hierarchy: `/sys/fs/cgroup`, or below it beside version 1. */
export function cgroup2Mount(mounts = readText('/proc/self/mounts')): string | undefined {
  for (const line of mounts.split('\n')) {
    const [, path, type] = line.split(' ');
    if (type === 'cgroup2') return path?.replaceAll('\\040', ' ');
  }
  return undefined;
}

export const MOUNT_TRACEFS =
  'mount -t tracefs tracefs /sys/kernel/tracing; for a container: docker run -v /sys/kernel/tracing:/sys/kernel/tracing:ro';

export function hasTracefs(mounts = readText('/proc/self/mounts')): boolean {
  return mounts.split('\n').some((line) => line.split(' ')[2] === 'tracefs');
}

/** The contents of a small file of the kernel's; empty if it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
