import { type HookAlternative, type HookPlan, processTreeHooks } from '@imagesnoop/loader';

/** What of execs is wanted. */
export interface HookNeeds {
  /** Calls that fail. */
  readonly failed: boolean;
  readonly exits: boolean;
  /** A process and its descendants alone. */
  readonly tree: boolean;
}

/** The tracepoint behind an exec, which every kernel has; the unrolled program is for those before 5.17. */
const exec: readonly HookAlternative[] = [
  { name: 'raw_tp', programs: ['exec_rename', 'exec_done'], selfTest: false },
  { name: 'raw_tp', programs: ['exec_rename', 'exec_done_unrolled'], selfTest: false },
];

/** Best first; bpf/execsnoop.bpf.c tells what each costs. This process never execs, so none is tried. */
const failed = (call: string): readonly HookAlternative[] =>
  [
    { name: 'fexit', program: `${call}_fexit` },
    { name: 'kprobe', program: `${call}_kretprobe` },
    { name: 'tracepoint', program: `${call}_tp` },
  ].flatMap(({ name, program }) =>
    [program, `${program}_unrolled`].map((each) => ({ name, programs: [each], selfTest: false })),
  );

export function hooksFor(needs: HookNeeds): HookPlan {
  return {
    exec,
    ...(needs.failed && {
      'failed execve': failed('execve'),
      'failed execveat': failed('execveat'),
    }),
    ...(needs.exits && {
      exit: [{ name: 'raw_tp', programs: ['exec_exit'], selfTest: false }],
    }),
    ...(needs.tree && processTreeHooks),
  };
}

/** All there are, by name. */
export const hooks = hooksFor({ failed: true, exits: true, tree: true });
