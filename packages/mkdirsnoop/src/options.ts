import { commonOptions, kind, type Values } from '@imagesnoop/output';

/** mkdirsnoop's own flags, and those of every tracer. */
export const options = {
  path: kind.text({
    argument: 'GLOB',
    help: 'only paths (as the caller or the host sees them) that match, as in "/var/lib/**"',
  }),
  failedOnly: kind.flag({ help: 'only calls that failed; decided in the kernel' }),
  showUid: kind.flag({ letter: 'U', help: 'show the user id' }),
  ...commonOptions,
  /** `-P` as in the original tool. */
  pid: { ...commonOptions.pid, aliases: ['P'] },
} as const;

export type MkdirOptions = Values<typeof options>;
