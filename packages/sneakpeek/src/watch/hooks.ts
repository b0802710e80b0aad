import type { HookPlan } from '@imagesnoop/loader';

/** System calls that every machine has, and those that only older architectures do. */
const CALLS = [
  ...['openat', 'openat2', 'write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'sendfile64'],
  ...['splice', 'copy_file_range', 'ftruncate', 'fallocate', 'truncate', 'mkdirat', 'mknodat'],
  ...['symlinkat', 'linkat', 'unlinkat', 'renameat', 'renameat2', 'fchmodat', 'fchmodat2'],
  ...['fchmod', 'fchownat', 'fchown'],
];
const OLDER_CALLS = [
  ...['open', 'creat', 'mkdir', 'mknod', 'symlink', 'link', 'unlink', 'rmdir', 'rename'],
  ...['chmod', 'chown', 'lchown'],
];
/** Came later than the others; where it is not, nobody can call it. */
const NEWER_CALLS: ReadonlySet<string> = new Set(['fchmodat2']);

/** One tracepoint a system call; bpf/sneakpeek.bpf.c tells what they cost and see. */
export const hooks: HookPlan = Object.fromEntries(
  [...CALLS, ...OLDER_CALLS].map((call) => {
    const isOptional = OLDER_CALLS.includes(call) || NEWER_CALLS.has(call);
    const none = { name: 'tracepoint', programs: [], selfTest: false, note: 'no such system call' };
    const own = { name: 'tracepoint', programs: [`${call}_tp`], selfTest: false };
    return [call, isOptional ? [own, none] : [own]];
  }),
);
