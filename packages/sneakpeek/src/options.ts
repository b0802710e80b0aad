import { commonOptions, options as kinds } from '@imagesnoop/output';

/** What can be asked with `-t`. */
export const TYPES = ['files', 'merged_dir', 'fswatch', 'procmon', 'tcptracer'] as const;

const WHICH = 'Which containers';

const type = kinds.oneOf({ letter: 't', choices: TYPES, help: 'what to show (files)' });

/** Which containers: those of this machine, or of others. */
export const whichOptions = {
  container: kinds.list({
    letter: 'n',
    group: WHICH,
    help: 'these, by name, id or id prefix; all if left out',
  }),
  file: kinds.text({
    letter: 'f',
    argument: 'PATH',
    group: WHICH,
    help: 'those in this saved output of docker inspect; no engine is asked',
  }),
  engine: kinds.oneOf({
    letter: 'c',
    choices: ['docker', 'containerd', 'cri', 'podman'],
    group: WHICH,
    help: 'only those of this engine; all engines that answer if left out',
  }),
};

export const filesOptions = {
  type,
  ...whichOptions,
  chroot: kinds.flag({ help: 'show paths as the container sees them, without the base directory' }),
  against: kinds.text({
    argument: 'NAME',
    help: 'compare with this container or image instead of the own image',
  }),
};

export const mergedOptions = {
  type,
  ...whichOptions,
  all: kinds.flag({ help: 'also the upper, lower and work directories' }),
  output: kinds.oneOf({ letter: 'o', choices: ['text', 'json'], help: 'form of standard output' }),
};

/** Every option, for the README. */
export const options = {
  ...mergedOptions,
  ...filesOptions,
  output: commonOptions.output,
};
