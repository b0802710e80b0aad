// What is lacking on this machine and how to get it.
import { hasTracefs, MOUNT_TRACEFS } from '../machine.js';
import { howToGet } from '../refusal.js';
import type { Facts } from './examine.js';
import type { HookKind } from './kinds.js';

export interface Missing {
  readonly what: string;
  readonly how: string;
}

/** For becoming another user, which root does once attached. */
const TO_DROP = ['CAP_SETUID', 'CAP_SETGID'];

/** @param mayTrace has this process the capabilities without which nothing can be traced? */
export function whatIsMissing(facts: Facts, mayTrace: boolean): Missing[] {
  return [...ofTheKernel(facts), ...ofThisProcess(facts, mayTrace), ...ofTheHooks(facts)];
}

function ofTheKernel({ kernel, btf, lockdown, settings }: Facts): Missing[] {
  return given(
    !kernel.supported && ['Linux 5.8', 'BPF ring buffers came with it; upgrade the kernel.'],
    btf.path === null && [
      'BTF of the kernel',
      'Boot a kernel with CONFIG_DEBUG_INFO_BTF, or give its BTF with --btf FILE.',
    ],
    lockdown === 'confidentiality' && [
      'kprobes and tracepoints',
      'Boot without lockdown=confidentiality; lockdown=integrity is no obstacle.',
    ],
    settings.bpf_jit_enable === '0' && [
      'the JIT compiler of BPF',
      'sysctl net.core.bpf_jit_enable=1: without it programs run several times slower.',
    ],
  );
}

function ofThisProcess(facts: Facts, mayTrace: boolean): Missing[] {
  const { settings, capabilities } = facts;
  const denied = (kind: string): boolean => /^E(PERM|ACCES)\b/.test(find(facts, kind)?.why ?? '');
  const isRoot = capabilities.CAP_SYS_ADMIN === true;
  const mustDrop = mayTrace && process.geteuid?.() === 0;
  const lacksToDrop = TO_DROP.filter((name) => capabilities[name] !== true);
  return given(
    !mayTrace && ['CAP_BPF and CAP_PERFMON', howToGet(['CAP_BPF', 'CAP_PERFMON'])],
    mustDrop &&
      lacksToDrop.length > 0 && [
        lacksToDrop.join(' and '),
        `With them tools give up root, and refuse to run as it. ${howToGet(lacksToDrop)}`,
      ],
    !isRoot &&
      denied('kprobe') && [
        'CAP_SYS_ADMIN',
        `kernel.perf_event_paranoid=${settings.perf_event_paranoid} asks for it to attach kprobes; run it as root.`,
      ],
    !isRoot &&
      denied('tracepoint') && [
        'CAP_DAC_READ_SEARCH',
        'Tracepoints are found through tracefs, which only root may read.',
      ],
    mayTrace &&
      !isRoot &&
      capabilities.CAP_NET_ADMIN !== true && [
        'CAP_NET_ADMIN',
        'Programs for sockets and interfaces need it.',
      ],
    !facts.initial_pid_namespace && [
      'the initial pid namespace',
      'In a container use hostPID (docker run --pid=host): process ids are those of the host.',
    ],
  );
}

function ofTheHooks(facts: Facts): Missing[] {
  const is = (kind: string, status: HookKind['status']): boolean =>
    find(facts, kind)?.status === status;
  return given(
    is('tracepoint', 'not attached') && !hasTracefs() && ['tracefs', MOUNT_TRACEFS],
    is('kprobe', 'never fires') && [
      'ftrace',
      'sysctl kernel.ftrace_enabled=1: without it kprobes and fentry attach and never run.',
    ],
    is('lsm', 'never fires') &&
      is('fentry', 'works') && [
        'BPF among the security modules',
        'Add bpf to the lsm= parameter of the kernel; only tools that hook LSM need it.',
      ],
  );
}

function given(
  ...candidates: readonly (false | readonly [what: string, how: string])[]
): Missing[] {
  return candidates.flatMap((one) => (one === false ? [] : [{ what: one[0], how: one[1] }]));
}

function find({ hooks }: Facts, kind: string): HookKind | undefined {
  return hooks.find((hook) => hook.kind === kind);
}
