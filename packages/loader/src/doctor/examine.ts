import { readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { features, privileges } from '@imagesnoop/bpf-core';
import { hasKernelBtf, isTooOld, KERNEL_BTF, kernelPid, readText } from '../machine.js';
import { missingCapabilities } from '../refusal.js';
import { type HookKind, tryHookKinds } from './kinds.js';
import { findRuntimes, type RuntimeSocket } from './runtimes.js';
import { findTools, type ToolReport, tryTool } from './tools.js';
import { type TcFlavour, tryTc } from './traffic.js';

/** All that `loader doctor` knows; `-o json` prints it as it is. */
export interface Diagnosis {
  /** Can every tool found here run, and can this process trace at all? */
  readonly ok: boolean;
  readonly kernel: { readonly release: string; readonly arch: string; readonly supported: boolean };
  readonly btf: { readonly path: string | null; readonly bytes: number | null };
  /** `none`, `integrity`, `confidentiality`; null if the kernel does not say. */
  readonly lockdown: string | null;
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** /proc/sys/kernel/unprivileged_bpf_disabled and others that decide who may trace. */
  readonly settings: Readonly<Record<string, string | null>>;
  readonly initial_pid_namespace: boolean;
  readonly hooks: readonly HookKind[];
  readonly tc: TcFlavour;
  readonly runtimes: readonly RuntimeSocket[];
  readonly tools: readonly ToolReport[];
  readonly missing: readonly Missing[];
}

export interface Missing {
  readonly what: string;
  readonly how: string;
}

const CAPABILITIES = [
  'CAP_BPF',
  'CAP_PERFMON',
  'CAP_NET_ADMIN',
  'CAP_SYS_ADMIN',
  'CAP_DAC_READ_SEARCH',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RESOURCE',
];

const SETTINGS = {
  unprivileged_bpf_disabled: '/proc/sys/kernel/unprivileged_bpf_disabled',
  perf_event_paranoid: '/proc/sys/kernel/perf_event_paranoid',
  bpf_jit_enable: '/proc/sys/net/core/bpf_jit_enable',
  ftrace_enabled: '/proc/sys/kernel/ftrace_enabled',
};

/** Looks at this machine and tries what can only be known by trying. Takes about a second. */
export async function examine(btf: string | undefined): Promise<Diagnosis> {
  const held = privileges.capabilities();
  const mayTrace = missingCapabilities(held).length === 0;
  const canLoad = mayTrace && (btf !== undefined || hasKernelBtf());
  const tools: ToolReport[] = [];
  for (const tool of await findTools()) tools.push(await tryTool(tool, btf));
  const facts = {
    kernel: { release: release(), arch: process.arch, supported: !isTooOld() },
    btf: btfFacts(btf),
    lockdown: features.lockdown(),
    capabilities: Object.fromEntries(CAPABILITIES.map((name) => [name, held.has(name)])),
    settings: Object.fromEntries(
      Object.entries(SETTINGS).map(([name, path]) => [name, readText(path) || null]),
    ),
    initial_pid_namespace: kernelPid() !== undefined,
    hooks: canLoad ? tryHookKinds(btf) : [],
    tc: canLoad ? tryTc(btf) : { flavour: null, why: 'not tried' },
    runtimes: await findRuntimes(),
    tools,
  };
  const ok = mayTrace && facts.kernel.supported && tools.every((tool) => tool.ok);
  return { ok, ...facts, missing: whatIsMissing(facts, mayTrace) };
}

function btfFacts(btf: string | undefined): Diagnosis['btf'] {
  const path = btf ?? (hasKernelBtf() ? KERNEL_BTF : null);
  if (path === null) return { path, bytes: null };
  return { path, bytes: statSync(path, { throwIfNoEntry: false })?.size ?? null };
}

type Facts = Omit<Diagnosis, 'ok' | 'missing'>;

function whatIsMissing(facts: Facts, mayTrace: boolean): Missing[] {
  const missing: Missing[] = [];
  const add = (lacking: boolean, what: string, how: string): void => {
    if (lacking) missing.push({ what, how });
  };
  const hook = (kind: string) => facts.hooks.find((one) => one.kind === kind);
  add(!facts.kernel.supported, 'Linux 5.8', 'BPF ring buffers came with it; upgrade the kernel.');
  add(!mayTrace, 'CAP_BPF and CAP_PERFMON', 'Run it as root, e.g. sudo loader doctor.');
  add(
    facts.btf.path === null,
    'BTF of the kernel',
    'Boot a kernel with CONFIG_DEBUG_INFO_BTF, or give its BTF with --btf FILE.',
  );
  add(
    hook('tracepoint')?.status === 'no attach' && !hasTracefs(),
    'tracefs',
    'mount -t tracefs tracefs /sys/kernel/tracing',
  );
  add(
    hook('kprobe')?.status === 'never fires',
    'ftrace',
    'sysctl kernel.ftrace_enabled=1: kprobes and fentry attach without it but never run.',
  );
  add(
    hook('lsm')?.status === 'never fires',
    'BPF among the security modules',
    'Add bpf to the lsm= parameter of the kernel.',
  );
  add(
    facts.lockdown === 'confidentiality',
    'kprobes and tracepoints under lockdown',
    'Boot without lockdown=confidentiality; fentry still works.',
  );
  add(
    facts.settings.bpf_jit_enable === '0',
    'the JIT compiler of BPF',
    'sysctl net.core.bpf_jit_enable=1: without it programs run several times slower.',
  );
  add(
    !facts.initial_pid_namespace,
    'the initial pid namespace',
    'In a container use hostPID (docker run --pid=host): process ids are those of the host.',
  );
  return missing;
}

function hasTracefs(): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(' tracefs ');
}
