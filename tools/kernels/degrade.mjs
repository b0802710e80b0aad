// Machines that lack something: how each lack is brought about in a guest.

export const DEGRADE_OPTIONS = {
  'no-btf': { type: 'boolean', default: false },
  'no-ftrace': { type: 'boolean', default: false },
  'no-jit': { type: 'boolean', default: false },
  lockdown: { type: 'string' },
  paranoid: { type: 'string' },
  caps: { type: 'string' },
};

export const DEGRADE_USAGE = `
A machine that lacks something:
  --no-btf             the kernel's type information is hidden
  --no-ftrace          kprobes and fentry attach but never fire
  --no-jit             BPF programs are interpreted
  --lockdown MODE      integrity or confidentiality
  --paranoid N         kernel.perf_event_paranoid (Debian's default is 3)
  --caps LIST          run as uid 1000 with these capabilities, e.g. bpf,perfmon; none for none
`;

/**
 * @typedef {object} Degradation
 * @property {string[]} setup shell lines run as root before the command
 * @property {string[]} prefix words before the command
 * @property {string} append kernel parameters
 * @property {string[]} lacks the same in words, for the tests inside
 */

/**
 * @param {Record<string, unknown>} values parsed options
 * @param {(message: string) => Error} usage
 * @returns {Degradation}
 */
export function degradation(values, usage) {
  const setup = [];
  let append = '';
  if (values['no-btf']) setup.push('mount -t tmpfs tmpfs /sys/kernel/btf');
  if (values['no-ftrace']) setup.push('echo 0 >/proc/sys/kernel/ftrace_enabled');
  if (values['no-jit']) setup.push('echo 0 >/proc/sys/net/core/bpf_jit_enable');
  if (values.paranoid !== undefined) {
    if (!/^-?\d+$/.test(values.paranoid)) {
      throw usage(`--paranoid expects a number, got ${values.paranoid}`);
    }
    setup.push(`echo ${values.paranoid} >/proc/sys/kernel/perf_event_paranoid`);
  }
  if (values.lockdown !== undefined) {
    if (values.lockdown !== 'integrity' && values.lockdown !== 'confidentiality') {
      throw usage(`--lockdown expects integrity or confidentiality, got ${values.lockdown}`);
    }
    append = `lockdown=${values.lockdown}`;
  }
  const prefix = capabilities(values.caps, setup, usage);
  return { setup, append, prefix, lacks: lacksOf(values) };
}

/** What was taken, in words: `btf`, `ftrace`, `jit`, `lockdown=MODE`, `paranoid=N`, `caps=LIST`. */
function lacksOf(values) {
  const gone = ['btf', 'ftrace', 'jit'].filter((name) => values[`no-${name}`]);
  const set = ['lockdown', 'paranoid', 'caps'].filter((name) => values[name] !== undefined);
  return [...gone, ...set.map((name) => `${name}=${values[name]}`)];
}

function capabilities(list, setup, usage) {
  if (list === undefined) return [];
  const names =
    list === 'none' ? [] : list.split(',').map((each) => each.replace(/^cap_/i, '').toLowerCase());
  const wrong = names.find((name) => !/^[a-z_]+$/.test(name));
  if (wrong !== undefined)
    throw usage(`--caps expects capability names, got ${wrong || 'an empty one'}`);
  // Before Linux 5.11 BPF memory counts against this limit, whatever the capabilities.
  setup.push('ulimit -l unlimited');
  const wanted = names.map((name) => `+${name}`);
  const only = ['-all', ...wanted].join(',');
  return [
    'setpriv',
    '--reuid=1000',
    '--regid=1000',
    '--clear-groups',
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
    '--',
  ];
}
