import type { HookAlternative, HookPlan } from '@imagesnoop/loader';

// Where a tracepoint attaches it fires, so the trigger is for those that depend on ftrace.
const connects: readonly HookAlternative[] = [
  { name: 'tracepoint', programs: ['inet_sock_set_state_tpbtf'], selfTest: false },
];

const SYSCALLS = ['sys_exit_accept_tp', 'sys_exit_accept4_tp'];
const SYSCALLS_COST = 'costs every system call of this machine 10 to 36 ns';

const accepts: readonly HookAlternative[] = [
  { name: 'fexit', programs: ['inet_csk_accept_fexit'] },
  { name: 'kprobe', programs: ['security_sock_graft_kprobe'] },
  {
    name: 'tracepoint',
    programs: [...SYSCALLS, 'io_uring_complete_tpbtf'],
    selfTest: false,
    note: SYSCALLS_COST,
  },
  {
    name: 'tracepoint',
    programs: SYSCALLS,
    selfTest: false,
    note: `${SYSCALLS_COST}; this kernel has no io_uring`,
  },
  {
    name: 'kretprobe',
    programs: ['inet_csk_accept_kretprobe'],
    note: 'misses accepts where more threads wait at once than the kernel has return probes',
  },
];

const ends: readonly HookAlternative[] = [
  {
    name: 'tracepoint',
    programs: ['tcp_receive_reset_tpbtf', 'tcp_destroy_sock_tpbtf'],
    selfTest: false,
  },
];

/** Best first; bpf/tcpflow.bpf.c tells what each sees, README.md what each costs. */
export function hooksFor({ events }: { readonly events: boolean }): HookPlan {
  return { connects, accepts, ...(events ? { 'ends of connections': ends } : {}) };
}
