import { commonOptions, options as kinds } from '@imagesnoop/output';

/** mkdirsnoop's own flags; those of every tracer come with them. */
export const options = {
  path: kinds.text({
    argument: 'GLOB',
    help: 'only paths, as the caller or the host sees them, that match ("/var/lib/**")',
  }),
  failedOnly: kinds.flag({ help: 'only calls that failed; decided in the kernel' }),
  showUid: kinds.flag({ letter: 'U', help: 'show the user id' }),
  pid: { ...commonOptions.pid, aliases: ['P'] },
};
