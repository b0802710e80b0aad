import { options as kinds } from '@imagesnoop/output';

/** __name__'s own flags; those of every tracer come with them. */
export const options = {
  showUid: kinds.flag({ letter: 'U', help: 'show the user id' }),
};
