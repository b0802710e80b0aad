import type { HookPlan } from '@imagesnoop/loader';

/**
 * What attaches to an interface. tcx links belong to a file descriptor; filters of clsact stay until
 * somebody removes them, so they come second.
 */
export const hooks: HookPlan = {
  packets: [
    { name: 'tcx', programs: ['tc_tracker_in_tcx', 'tc_tracker_out_tcx'], attach: false },
    {
      name: 'clsact',
      programs: ['tc_tracker_in_clsact', 'tc_tracker_out_clsact'],
      attach: false,
      note: 'filters of old tc: should everything of us be killed, the next start removes them',
    },
  ],
};
