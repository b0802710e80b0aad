import { statSync } from 'node:fs';
import { release } from 'node:os';
import { features, privileges } from '@imagesnoop/bpf-core';
import { hasKernelBtf, isTooOld, KERNEL_BTF, kernelPid, readText } from '../machine.js';
import { missingCapabilities } from '../refusal.js';
import { type HookKind, tryHookKinds } from './kinds.js';
import { type Missing, whatIsMissing } from './missing.js';
import { findRuntimes, type RuntimeSocket } from './runtimes.js';
import { findTools, type ToolReport, tryTool } from './tools.js';
import { type TcFlavour, tryTc } from './traffic.js';

/** What was found, before conclusions are drawn. */
export type Facts = Omit<Diagnosis, 'ok' | 'missing'>;

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

const CAPABILITIES = [
  'CAP_BPF',
  'CAP_PERFMON',
  'CAP_NET_ADMIN',
  'CAP_SYS_ADMIN',
  'CAP_DAC_READ_SEARCH',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RESOURCE',
  'CAP_SETUID',
  'CAP_SETGID',
];

const SETTINGS = {
  unprivileged_bpf_disabled: '/proc/sys/kernel/unprivileged_bpf_disabled',
  perf_event_paranoid: '/proc/sys/kernel/perf_event_paranoid',
  bpf_jit_enable: '/proc/sys/net/core/bpf_jit_enable',
  ftrace_enabled: '/proc/sys/kernel/ftrace_enabled',
};

/**
 * Looks at this machine and tries what can only be known by trying. Takes about a second.
 *
 * @param withTools also tries each tool that is installed here
 */
export async function examine(btf: string | undefined, withTools = true): Promise<Diagnosis> {
  const held = privileges.capabilities();
  const mayTrace = missingCapabilities(held).length === 0;
  const canLoad = mayTrace && (btf !== undefined || hasKernelBtf());
  const tools: ToolReport[] = [];
  for (const tool of withTools ? await findTools() : []) tools.push(await tryTool(tool, btf));
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
