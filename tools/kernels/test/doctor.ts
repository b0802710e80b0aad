// What `loader doctor` says, and what must be true of the machine that it says it about: concluded
// from how the kernel was built and how the machine is set, which the doctor never looks at.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

export interface Diagnosis {
  readonly ok: boolean;
  readonly kernel: { release: string };
  readonly btf: { path: string | null };
  readonly lockdown: string | null;
  readonly capabilities: Readonly<Record<string, boolean>>;
  readonly hooks: readonly { kind: string; status: string; why: string | null }[];
  readonly missing: readonly { what: string; how: string }[];
}

export const KINDS = [
  'fentry',
  'fexit',
  'kprobe',
  'kretprobe',
  'tracepoint',
  'tp_btf',
  'raw_tp',
  'lsm',
  'cgroup',
] as const;
export type Kind = (typeof KINDS)[number];

const DOCTOR = new URL('../../../packages/loader/dist/bin.js', import.meta.url).pathname;

/**
 * Runs it. Its exit status says whether the tools can run, which is not the question here.
 *
 * @param inside command that runs the command behind it
 */
export async function doctor(...inside: string[]): Promise<Diagnosis> {
  // Trying the tools takes longest, and their own tests do that.
  const doctor = [DOCTOR, 'doctor', '--no-tools', '-o', 'json'];
  const [command = '', ...args] = [...inside, process.execPath, ...doctor];
  const result = promisify(execFile)(command, args);
  const { stdout } = await result.catch((error: { code: number; stdout: string }) => {
    if (error.code !== 3) throw error;
    return error;
  });
  return JSON.parse(stdout) as Diagnosis;
}

/** The options this kernel was built with, from itself or, in a guest, from its package. */
export function kernelConfig(): ReadonlyMap<string, string> {
  const path = process.env.IMAGESNOOP_CONFIG ?? '/proc/config.gz';
  if (!existsSync(path)) return new Map();
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return new Map(
    [...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(
      ([, name, value]) => [name, value] as [string, string],
    ),
  );
}

/** The content of a file of /proc or /sys; empty if it is not there. */
export const setting = (path: string): string =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : '';

export function facts() {
  const ftrace = setting('/proc/sys/kernel/ftrace_enabled') !== '0';
  const confidential = setting('/sys/kernel/security/lockdown').includes('[confidentiality]');
  const btf = existsSync('/sys/kernel/btf') && readdirSync('/sys/kernel/btf').includes('vmlinux');
  const lsms = setting('/sys/kernel/security/lsm').split(',');
  return { ftrace, confidential, btf, lsms };
}

/** What must be true of each kind on a machine with these facts, for root. */
export function truth(config: ReadonlyMap<string, string>): Record<Kind, boolean> {
  const built = (...names: string[]) => names.every((name) => config.get(`CONFIG_${name}`) === 'y');
  const { ftrace, confidential, lsms } = facts();
  const trampolines = built('DYNAMIC_FTRACE_WITH_DIRECT_CALLS') && ftrace;
  const probes = built('KPROBE_EVENTS') && ftrace && !confidential;
  return {
    fentry: trampolines,
    fexit: trampolines,
    kprobe: probes,
    kretprobe: probes,
    tracepoint: !confidential,
    tp_btf: true,
    raw_tp: true,
    lsm: trampolines && built('BPF_LSM') && lsms.includes('bpf'),
    cgroup: built('CGROUP_BPF'),
  };
}

/** What is left of that for a user with these capabilities alone, by the rules of the kernel. */
export function truthFor(
  root: Record<Kind, boolean>,
  capabilities: readonly string[],
  paranoid: number,
): Record<Kind, boolean> {
  const has = (...names: string[]) =>
    capabilities.includes('sys_admin') || names.every((name) => capabilities.includes(name));
  const tracing = has('bpf', 'perfmon');
  // Debian's own level 3 lets nobody else open perf events, which kprobes and tracepoints are.
  const events = tracing && (paranoid < 3 || has('sys_admin'));
  // The folder of tracepoints is root's, and being administrator opens no folder.
  const tracefs = capabilities.includes('dac_read_search');
  return {
    fentry: root.fentry && tracing,
    fexit: root.fexit && tracing,
    kprobe: root.kprobe && events,
    kretprobe: root.kretprobe && events,
    tracepoint: root.tracepoint && events && tracefs,
    tp_btf: root.tp_btf && tracing,
    raw_tp: root.raw_tp && tracing,
    lsm: root.lsm && tracing,
    cgroup: root.cgroup && tracing && has('net_admin'),
  };
}
