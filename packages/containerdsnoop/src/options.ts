import { options as kinds } from '@imagesnoop/output';

/** containerdsnoop's own flags; those of every tracer come with them. */
export const options = {
  showUid: kinds.flag({ letter: 'U', help: 'show the user id' }),
};
