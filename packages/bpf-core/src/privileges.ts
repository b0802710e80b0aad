import { readdirSync, readFileSync } from 'node:fs';
import { BpfError } from './errors.js';
import { native } from './native.js';

/** Names by bit. Source: include/uapi/linux/capability.h, Linux 6.12. */
const CAPABILITIES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE ' +
  'NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO ' +
  'SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME ' +
  'SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG ' +
  'WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

/** Effective capabilities of this process, e.g. `CAP_BPF`. */
export function capabilities(): Set<string> {
  const mask = BigInt(`0x${statusField('/proc/self/status', 'CapEff')}`);
  return new Set(
    CAPABILITIES.filter((_, bit) => ((mask >> BigInt(bit)) & 1n) === 1n).map(
      (name) => `CAP_${name}`,
    ),
  );
}

export interface DropOptions {
  uid: number;
  gid: number;
  /** Whether new sockets stay allowed, default true. */
  sockets?: boolean;
}

/**
 * Gives up all privileges on every thread, for good: no supplementary groups, the given ids, no
 * capabilities, and a seccomp filter against execve, ptrace, mounts, namespaces, modules, perf
 * events, io_uring and all of bpf() except access to maps and to facts of programs that are open. Open files, maps, rings
 * and links keep working; closing a link still detaches, but a tc filter can no longer be removed.
 *
 * From the main thread only. setuid and not capset, since only the former reaches every thread.
 * @throws BpfError PRIVILEGE_DROP_FAILED, PRIVILEGE_INCOMPLETE when a thread kept something,
 *   PRIVILEGE_SECCOMP_FAILED
 */
export function drop({ uid, gid, sockets = true }: DropOptions): void {
  try {
    if (process.geteuid?.() === 0) process.setgroups?.([]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (cause) {
    throw new BpfError('PRIVILEGE_DROP_FAILED', `cannot become uid ${uid}, gid ${gid}`, {
      hint: 'Only root can change to another user, and only on the main thread.',
      cause,
    });
  }
  native.restrictSystemCalls(sockets);
  requireDropped(uid, gid);
}

function requireDropped(uid: number, gid: number): void {
  for (const thread of readdirSync('/proc/self/task')) {
    const status = `/proc/self/task/${thread}/status`;
    const kept = [
      sameIds(status, 'Uid', uid) ? [] : ['its uid'],
      sameIds(status, 'Gid', gid) ? [] : ['its gid'],
      uid === 0 || /^0+$/.test(statusField(status, 'CapEff')) ? [] : ['capabilities'],
      statusField(status, 'Seccomp') === '2' ? [] : ['its system calls'],
    ].flat();
    if (kept.length > 0) {
      throw new BpfError('PRIVILEGE_INCOMPLETE', `thread ${thread} kept ${kept.join(' and ')}`, {
        hint: 'End the process: it must not go on with half of its privileges.',
      });
    }
  }
}

const sameIds = (status: string, field: string, id: number): boolean =>
  statusField(status, field)
    .split(/\s+/)
    .every((each) => Number(each) === id);

function statusField(path: string, field: string): string {
  const found = new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(readFileSync(path, 'utf8'));
  return found?.[1]?.trim() ?? '';
}
