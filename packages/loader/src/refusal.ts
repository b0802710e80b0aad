// What a refusal of the kernel means for the person who asked.
import { constants } from 'node:os';
import { features, privileges } from '@imagesnoop/bpf-core';
import { PermissionError, UnsupportedError } from './errors.js';
import {
  FIRST_KERNEL,
  hasKernelBtf,
  hasTracefs,
  isInitialUserNamespace,
  isTooOld,
  KERNEL_BTF,
  MOUNT_TRACEFS,
} from './machine.js';

/** What a refusal by bpf-core carries; recognised by its members, not by its class. */
interface Refusal extends Error {
  code: string;
  program?: string;
  errno?: number;
  log?: string;
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

const LOCKDOWN_HINT = 'Boot without lockdown=confidentiality; lockdown=integrity is no obstacle.';

/** CAP_SYS_ADMIN stands for both, as on every kernel before CAP_BPF came (5.8). */
const NEEDED = ['CAP_BPF', 'CAP_PERFMON'];

/** Those capabilities that tracing needs and this process lacks. */
export function missingCapabilities(held = privileges.capabilities()): string[] {
  if (held.has('CAP_SYS_ADMIN')) return [];
  return NEEDED.filter((capability) => !held.has(capability));
}

/**
 * What can be told before anything is loaded.
 *
 * @param btf a BTF file that stands in for the kernel's
 * @throws PermissionError `PERMISSION_MISSING`, UnsupportedError `BTF_MISSING` or `KERNEL_TOO_OLD`
 */
export function checkMachine(btf: string | undefined): void {
  const missing = missingCapabilities();
  if (missing.length > 0) throw lacking('tracing', missing);
  if (!isInitialUserNamespace()) throw foreign();
  if (btf !== undefined || hasKernelBtf()) return;
  if (isTooOld()) throw tooOld();
  throw new UnsupportedError('BTF_MISSING', `this kernel has no BTF (${KERNEL_BTF} is not there)`, {
    feature: 'BTF of the kernel',
    since: '5.2, with CONFIG_DEBUG_INFO_BTF',
    hint: 'Give the BTF of this very kernel with --btf FILE; `pahole --btf_encode_detached FILE vmlinux` makes one.',
  });
}

/**
 * Turns a refusal that no other hook can help into what the user needs to know.
 *
 * @returns the error to throw
 */
export function explain(error: unknown): unknown {
  if (!isRefusal(error)) return error;
  if (isTooOld()) return tooOld(error);
  if (error instanceof UnsupportedError && error.tried.length > 0) return withObstacle(error);
  const errno = Math.abs(error.errno ?? 0);
  if (errno !== constants.errno.EPERM && errno !== constants.errno.EACCES) return error;
  const missing = missingCapabilities();
  if (missing.length > 0) return lacking('tracing', missing, error);
  if (features.lockdown() === 'confidentiality') {
    return new UnsupportedError('LOCKDOWN', `${error.message} (lockdown: confidentiality)`, {
      feature: 'tracing under lockdown',
      hint: LOCKDOWN_HINT,
      cause: error,
    });
  }
  return error;
}

/** All hooks of an event failed: often for one reason that concerns the whole machine. */
function withObstacle(error: UnsupportedError): UnsupportedError {
  const { feature, tried } = error;
  const says = (pattern: RegExp): boolean => tried.some(({ why }) => pattern.test(why));
  if (features.lockdown() === 'confidentiality') {
    const message = `${error.message}; the kernel is locked down`;
    return new UnsupportedError('LOCKDOWN', message, { feature, tried, hint: LOCKDOWN_HINT });
  }
  let { hint } = error;
  if (says(/^ENOENT: failed to determine tracepoint/) && !hasTracefs())
    hint = `Tracepoints are found through tracefs: ${MOUNT_TRACEFS}`;
  else if (says(/^E(PERM|ACCES)\b/)) hint = missingForHooks() ?? hint;
  return new UnsupportedError(error.code, error.message, { feature, tried, ...(hint && { hint }) });
}

/** What every refusal by bpf-core begins with: the operation, which a list of hooks names anyway. */
const OPERATION = /^cannot (?:load object \S+: (?:program \S+: )?|attach program \S+ to \S+: )/;

/** bpf_loop() and its callback, as kernels before 5.17 and before 5.13 (69c087ba6225) see them. */
const LOOP = /unknown func bpf_loop|number of funcs in func_info doesn't match number of subprogs/;

/** One line of why. */
export function reasonOf(error: unknown): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (LOOP.test(message)) return 'this kernel has no bpf_loop() (since Linux 5.17)';
  return (message.split('\n', 1)[0] as string).replace(OPERATION, '');
}

/** Which of the capabilities that only some hooks need is lacking, as advice. */
function missingForHooks(): string | undefined {
  const held = privileges.capabilities();
  if (held.has('CAP_SYS_ADMIN')) return undefined;
  const next = held.has('CAP_NET_ADMIN') ? 'CAP_SYS_ADMIN' : 'CAP_NET_ADMIN';
  return `This process lacks ${next}. ${howToGet([next])}`;
}

/** Root that lacks a capability is that of a container, or of a service with limits. */
export function howToGet(
  capabilities: readonly string[],
  isRoot = process.geteuid?.() === 0,
): string {
  if (!isRoot) return 'Run it as root, e.g. with sudo.';
  const flags = capabilities.map((name) => `--cap-add ${name.replace('CAP_', '')}`).join(' ');
  return `Root of a container has what it is given: docker run ${flags}, in a pod securityContext.capabilities.add.`;
}

/** @param what it is that needs them, e.g. `tracing` */
export function lacking(what: string, capabilities: string[], cause?: unknown): PermissionError {
  return new PermissionError(
    'PERMISSION_MISSING',
    `${what} needs ${capabilities.join(' and ')}, which this process has not`,
    { capabilities, cause, hint: howToGet(capabilities) },
  );
}

/**
 * Does nothing where this process has them all.
 *
 * @param what it is that needs them, e.g. `giving up root`
 * @throws PermissionError `PERMISSION_MISSING`
 */
export function requireCapabilities(what: string, needed: readonly string[]): void {
  const held = privileges.capabilities();
  const missing = needed.filter((name) => !held.has(name));
  if (missing.length > 0) throw lacking(what, missing);
}

/** Capabilities are there, but count only for what belongs to that namespace. */
function foreign(): PermissionError {
  return new PermissionError(
    'USER_NAMESPACE',
    'tracing needs capabilities of the initial user namespace, and this process is in another one',
    {
      capabilities: NEEDED,
      hint: 'Run it as root of the machine: with Docker --userns=host, in a pod hostUsers: true; rootless engines cannot.',
    },
  );
}

function tooOld(cause?: unknown): UnsupportedError {
  return new UnsupportedError('KERNEL_TOO_OLD', 'this kernel has no BPF ring buffers', {
    feature: 'BPF ring buffers',
    since: FIRST_KERNEL,
    hint: `Linux ${FIRST_KERNEL} or later is needed.`,
    cause,
  });
}
