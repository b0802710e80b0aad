import { constants } from 'node:os';

/** What a BpfError carries besides its message. */
export interface BpfErrorDetails {
  /** What to do about it. */
  hint: string;
  /** Positive errno of the system call that failed. */
  errno?: number;
  /** All that libbpf and the verifier said during the call. */
  log?: string;
  /** The program that a load failed on. */
  program?: string;
  /** What a program that ends with this error exits with; left out: 1, failed. */
  exitCode?: number;
  cause?: unknown;
}

/**
 * Any failure of this package. Recognise it by `code` (docs/errors.md lists them), not by class.
 */
export class BpfError extends Error {
  override readonly name = 'BpfError';
  /** Stable, e.g. `BPF_LOAD_REJECTED`. */
  readonly code: string;
  readonly hint: string;
  declare readonly errno?: number;
  declare readonly log?: string;
  declare readonly program?: string;
  declare readonly exitCode?: number;

  constructor(code: string, message: string, details: BpfErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    if (details.errno !== undefined) this.errno = details.errno;
    if (details.log) this.log = details.log;
    if (details.program !== undefined) this.program = details.program;
    if (details.exitCode !== undefined) this.exitCode = details.exitCode;
  }
}

// The kernel's own, which libc has no name for.
const ENOTSUPP = 524;

/** Name of an errno, e.g. 1 is `EPERM`. */
export function errnoName(errno: number): string {
  if (errno === ENOTSUPP) return 'ENOTSUPP';
  if (errno === constants.errno.EOPNOTSUPP) return 'EOPNOTSUPP';
  const found = Object.entries(constants.errno).find(([, value]) => value === errno);
  return found?.[0] ?? `errno ${errno}`;
}

const HINTS: Record<string, string> = {
  BPF_CLOSED: 'It was closed before; open it again.',
  BPF_NOT_LOADED: 'Load the object first; a program with autoload off stays unloaded.',
  BPF_ALREADY_LOADED: 'Do this between open and load.',
  BPF_LOAD_FAILED_BEFORE: 'An object cannot be loaded again after a failure; open it anew.',
  BPF_INVALID_ARGUMENT: 'See the description of the method.',
  BPF_OPEN_FAILED: 'The file must be a BPF object for this package, made by clang -target bpf -g.',
  BPF_LOAD_REJECTED: 'The whole log is in the property log.',
  BPF_ATTACH_FAILED: 'The kernel may lack this hook, or the process the capability.',
  BPF_DETACH_FAILED: 'The hook may be gone already, or the capability given up.',
  BPF_NETWORK_FAILED: 'The namespace may be gone, or netlink be refused by a system call filter.',
  BPF_NO_SUCH_GLOBAL: 'It must be a global variable of the object, with BTF.',
  BPF_NO_SUCH_TARGET: 'The running kernel has no BTF for such a function.',
  BPF_MAP_FAILED: 'The errno tells: E2BIG is a full map, EPERM a missing capability.',
  BPF_MAP_MISMATCH: 'Both maps need the same type, key size and value size.',
  BPF_NOT_A_MAP: 'The pin holds a program or a link.',
  BPF_PIN_FAILED: 'The path must be on a mounted bpf file system, e.g. below /sys/fs/bpf.',
  BPF_TC_OCCUPIED: 'Another program has a filter with this handle and priority; choose others.',
  BPF_NOT_SUPPORTED: 'This kind of attachment cannot do that.',
  BPF_BTF_FAILED: 'The kernel needs CONFIG_DEBUG_INFO_BTF, or give a BTF file.',
  BPF_FILE_FAILED: 'The errno tells: ENOENT is a file that is gone, EACCES a missing privilege.',
  BPF_NETNS_FAILED: 'The path must be a network namespace, and CAP_SYS_ADMIN is needed.',
  PRIVILEGE_SECCOMP_FAILED: 'The kernel may lack seccomp filters.',
};

/** Makes the exception for a failure that the addon reports. */
export function makeError(code: string, operation: string, errno: number, log: string): BpfError {
  const details: BpfErrorDetails = { hint: hintFor(code, errno), log };
  if (errno !== 0) details.errno = errno;
  const reason = errno === 0 ? [] : [errnoName(errno)];
  if (code === 'BPF_LOAD_REJECTED') {
    const program = /prog '([^']+)': (?:BPF program load failed|failed to load)/.exec(log)?.[1];
    if (program !== undefined) details.program = program;
  }
  const summary = summarize(log);
  const subject =
    details.program === undefined ? operation : `${operation}: program ${details.program}`;
  const message = [`cannot ${subject}`, ...reason, ...(summary === '' ? [] : [summary])].join(': ');
  return new BpfError(code, message, details);
}

function hintFor(code: string, errno: number): string {
  if (errno === constants.errno.EPERM && code !== 'BPF_MAP_FAILED') {
    return 'This needs root, or CAP_BPF with CAP_PERFMON, for packets CAP_NET_ADMIN, for programs by id CAP_SYS_ADMIN; lockdown also refuses.';
  }
  return HINTS[code] ?? 'The errno and the log tell more.';
}

/**
 * The line of a log that tells most, with the count of those left out.
 *
 * The verifier writes its reason last, before its statistics; without a verifier log the first of
 * libbpf's own lines is the cause and the others are its consequences.
 */
export function summarize(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const end = lines.findIndex((line) => line.startsWith('-- END PROG LOAD LOG --'));
  const begin = lines.findIndex((line) => line.includes('-- BEGIN PROG LOAD LOG --'));
  const verifier = begin >= 0 && end > begin ? lines.slice(begin + 1, end) : [];
  const reason = verifier.findLast((line) => !STATISTICS.test(line)) ?? lines[0];
  if (reason === undefined) return '';
  const text = reason.replace(/^libbpf: /, '').trim();
  const omitted = lines.length - 1;
  return omitted === 0 ? text : `${text} (${omitted} ${omitted === 1 ? 'line' : 'lines'} omitted)`;
}

const STATISTICS = /^(processed \d+ insns|verification time|stack depth|peak_states|max_states)/;
