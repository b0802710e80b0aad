import type { HookAlternative, HookPlan } from '@imagesnoop/loader';

/**
 * The function that mkdir(2), mkdirat(2) and io_uring's mkdirat share; renamed in 7.0. The unrolled
 * programs are for kernels before 5.17.
 */
const sharedFunction: readonly HookAlternative[] = [
  { name: 'fexit', programs: ['filename_mkdirat_fentry', 'filename_mkdirat_fexit'] },
  { name: 'fexit', programs: ['mkdir_fentry', 'mkdir_fexit'] },
  { name: 'fexit', programs: ['mkdir_fentry', 'mkdir_unrolled_fexit'] },
  { name: 'kprobe', programs: ['filename_mkdirat_kprobe', 'filename_mkdirat_kretprobe'] },
  { name: 'kprobe', programs: ['mkdir_kprobe', 'mkdir_kretprobe'] },
  { name: 'kprobe', programs: ['mkdir_kprobe', 'mkdir_unrolled_kretprobe'] },
];

/**
 * Best first; bpf/mkdirsnoop.bpf.c tells what each costs and sees. Where a tracepoint attaches it
 * fires, so the trigger is for those that depend on ftrace.
 */
export const hooks: HookPlan = {
  mkdirat: [
    ...sharedFunction,
    { name: 'tracepoint', programs: ['mkdirat_enter_tp', 'mkdirat_exit_tp'], selfTest: false },
    {
      name: 'tracepoint',
      programs: ['mkdirat_enter_tp', 'mkdirat_exit_unrolled_tp'],
      selfTest: false,
    },
  ],
  mkdir: [
    ...sharedFunction,
    { name: 'tracepoint', programs: ['mkdir_enter_tp', 'mkdir_exit_tp'], selfTest: false },
    {
      name: 'tracepoint',
      programs: ['mkdir_enter_tp', 'mkdir_exit_unrolled_tp'],
      selfTest: false,
    },
    {
      name: 'tracepoint',
      programs: [],
      selfTest: false,
      note: 'this machine has no mkdir(2), only mkdirat(2)',
    },
  ],
  'mkdirat by io_uring': [
    ...sharedFunction,
    ...[
      ['uring_submit_req_tpbtf', 'uring_complete_tpbtf'],
      ['uring_submit_req_tpbtf', 'uring_complete_res_tpbtf'],
      ['uring_submit_sqe_tpbtf', 'uring_complete_res_tpbtf'],
    ].map((programs) => ({ name: 'tracepoint', programs, selfTest: false })),
    {
      name: 'tracepoint',
      programs: [],
      selfTest: false,
      note: 'directories made by io_uring are not seen',
    },
  ],
};
