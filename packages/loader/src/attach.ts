import type { BpfObject, BpfProgram, Link } from '@imagesnoop/bpf-core';
import { features, privileges } from '@imagesnoop/bpf-core';
import { UnsupportedError } from './errors.js';
import { kernelKnows } from './kernel-names.js';
import { cgroup2Mount, hasKernelBtf, hasKprobes, isFtraceOff } from './machine.js';

/** Attaches a program as its section says; those of cgroups to the root of cgroup v2. */
export function attachProgram(object: BpfObject, name: string): Link {
  const program = object.program(name);
  return isCgroupProgram(program) ? program.attachCgroup(rootCgroup()) : program.attach();
}

/**
 * Why a program cannot possibly be used on this kernel, as far as that can be told in microseconds;
 * undefined if it has to be tried. Reading the kernel's BTF for a load that is then refused costs
 * some 25 ms, a sixth of the time a tool may take to start.
 */
export function improbable({ section }: BpfProgram): string | undefined {
  // libbpf finds what these attach to in the kernel's own BTF; a file tells of structs only.
  if (/^(?:tp_btf|fentry|fexit|fmod_ret|lsm|iter)\b/.test(section) && !hasKernelBtf())
    return 'this kernel has no BTF of its own';
  if (needsFtrace(section) && isFtraceOff())
    return 'ftrace is switched off, so it would never fire (sysctl kernel.ftrace_enabled=1)';
  const trampoline = /^(?:fentry|fexit|fmod_ret)(?:\.s)?\/(?:\w+:)?(\w+)$/.exec(section)?.[1];
  if (trampoline !== undefined) {
    if (!hasTrampolines()) return 'this kernel loads no fentry or fexit programs';
    if (kernelKnows(trampoline) === false) return `this kernel has no function ${trampoline}`;
  }
  const tracepoint = /^tp_btf\/(\w+)$/.exec(section)?.[1];
  if (tracepoint !== undefined && kernelKnows(`btf_trace_${tracepoint}`) === false)
    return `this kernel has no tracepoint ${tracepoint}`;
  if (section.startsWith('tcx/') && mayAttachToInterfaces() && !features.supportsTcx())
    return 'this kernel has no tcx (since Linux 6.6)';
  if (/^k(ret)?probe\/|^k(ret)?syscall\//.test(section) && !hasKprobes())
    return 'this kernel is built without kprobes';
  return undefined;
}

/**
 * What reaches functions through their calls of ftrace: trampolines everywhere, kprobes where
 * KPROBES_ON_FTRACE is, elsewhere they are breakpoints.
 */
function needsFtrace(section: string): boolean {
  return (
    /^(?:fentry|fexit|fmod_ret|lsm)\b/.test(section) ||
    (process.arch === 'x64' && /^k(?:ret)?(?:probe|syscall)\//.test(section))
  );
}

/** Without, libbpf's probe finds nothing and tells nothing. */
function mayAttachToInterfaces(): boolean {
  const held = privileges.capabilities();
  return held.has('CAP_NET_ADMIN') || held.has('CAP_SYS_ADMIN');
}

let trampolines: boolean | undefined;

/** libbpf's probe of this type loads an fentry program. */
function hasTrampolines(): boolean {
  trampolines ??= features.probeProgramType('tracing');
  return trampolines;
}

function isCgroupProgram({ section }: BpfProgram): boolean {
  return section === 'sockops' || section.startsWith('cgroup');
}

function rootCgroup(): string {
  const path = cgroup2Mount();
  if (path !== undefined) return path;
  throw new UnsupportedError('CGROUP2_MISSING', 'no cgroup v2 hierarchy is mounted', {
    feature: 'cgroup v2',
    since: '4.10',
    hint: 'Mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified.',
  });
}
