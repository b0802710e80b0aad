import { privileges } from '@imagesnoop/bpf-core';
import { isRefusal, requireCapabilities } from './refusal.js';

export interface DropOptions {
  /** Who to become; default: who called sudo, else nobody. */
  uid?: number;
  gid?: number;
}

/** For becoming another user, and for losing root's groups. */
const NEEDED = ['CAP_SETUID', 'CAP_SETGID'];

/** The user `nobody` and its group, on every distribution since the kernel's overflow uid is that. */
const NOBODY = 65534;

/**
 * Gives up root on all threads of this process: becomes the user who called sudo, or nobody, and
 * refuses system calls that a reader of events does not need.
 *
 * Some kernels (before 5.19, with unprivileged_bpf_disabled set) refuse reading a map, even one
 * that is open, to a process without CAP_BPF. Losses would be silent there, so it is tried first by
 * lowering the effective user id for a moment. Where it fails the process stays root, but behind
 * the same filter: it can start no program, load none into the kernel and enter no namespace.
 *
 * @param readMaps reads a map; throws where the kernel refuses
 * @returns one sentence that says what was done, for `-v`
 * @throws PermissionError `PERMISSION_MISSING` where root may not become another user, BpfError
 *   `PRIVILEGE_*` if not every thread could be changed
 */
export function dropPrivileges(options: DropOptions, readMaps: () => void): string {
  if (process.geteuid?.() !== 0) return 'privileges: not running as root, nothing to give up';
  const uid = options.uid ?? idFrom('SUDO_UID') ?? NOBODY;
  const gid = options.gid ?? (options.uid === undefined ? idFrom('SUDO_GID') : undefined) ?? NOBODY;
  if (uid === 0) return 'privileges: kept, the target user is root';
  requireCapabilities('giving up root', NEEDED);
  if (!worksAs(uid, readMaps)) {
    privileges.drop({ uid: 0, gid: 0 });
    return 'privileges: still root, behind a system call filter, since this kernel (before 5.19) refuses to count losses without CAP_BPF';
  }
  privileges.drop({ uid, gid });
  return `privileges: given up, running as uid ${uid}, gid ${gid}`;
}

/** An id that sudo left in the environment; root itself does not count. */
function idFrom(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const id = Number(text);
  return id > 0 && id < 2 ** 32 - 1 ? id : undefined;
}

function worksAs(uid: number, readMaps: () => void): boolean {
  process.seteuid?.(uid);
  try {
    readMaps();
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  } finally {
    process.seteuid?.(0);
  }
}
