import type { HookPlan } from '@imagesnoop/loader';

/** For each logical event its alternatives, best first; bpf/containerdsnoop.bpf.c tells what each costs. */
export const hooks: HookPlan = {
  chdir: [{ name: 'tracepoint', programs: ['chdir_enter_tp', 'chdir_exit_tp'] }],
};
