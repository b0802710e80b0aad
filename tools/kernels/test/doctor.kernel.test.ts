// Is `loader doctor` right about the kernel it runs on? It tries each kind of hook; here the same is
// concluded from how the kernel was built and how the machine is set, which it never looks at.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { requireKernel } from '../../testing/kernel.js';

interface Diagnosis {
  kernel: { release: string };
  btf: { path: string | null };
  lockdown: string | null;
  hooks: { kind: string; status: string; why: string | null }[];
}

const DOCTOR = new URL('../../../packages/loader/dist/bin.js', import.meta.url).pathname;

let config: Map<string, string>;
let diagnosis: Diagnosis;

beforeAll(async () => {
  config = kernelConfig();
  diagnosis = await doctor();
});

/** The options this kernel was built with, from itself or, in a guest, from its package. */
function kernelConfig() {
  const path = process.env.IMAGESNOOP_CONFIG ?? '/proc/config.gz';
  if (!existsSync(path)) return new Map<string, string>();
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return new Map(
    [...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(
      ([, name, value]) => [name, value] as [string, string],
    ),
  );
}

/** Its exit status says whether the tools can run, which is not the question here. */
async function doctor(): Promise<Diagnosis> {
  const result = promisify(execFile)(process.execPath, [DOCTOR, 'doctor', '-o', 'json']);
  const { stdout } = await result.catch((error: { code: number; stdout: string }) => {
    if (error.code !== 3) throw error;
    return error;
  });
  return JSON.parse(stdout) as Diagnosis;
}

const setting = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');
const built = (...names: string[]) => names.every((name) => config.get(`CONFIG_${name}`) === 'y');

function facts() {
  const ftrace = setting('/proc/sys/kernel/ftrace_enabled') !== '0';
  const confidential = setting('/sys/kernel/security/lockdown').includes('[confidentiality]');
  const btf = existsSync('/sys/kernel/btf') && readdirSync('/sys/kernel/btf').includes('vmlinux');
  const lsms = setting('/sys/kernel/security/lsm').split(',');
  return { ftrace, confidential, btf, lsms };
}

/** What must be true of each kind on a machine with these facts, for root. */
function truth(): Record<string, boolean> {
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

const lack = () =>
  config.size > 0 ? null : 'how this kernel was built is not known: it has no /proc/config.gz';
const unprivileged = () =>
  process.geteuid?.() === 0 ? null : 'as another user the kernel refuses by capability';

describe('loader doctor', () => {
  test('names kernel, type information and lockdown', () => {
    const { btf } = facts();
    expect(diagnosis.kernel.release).toBe(release());
    expect(diagnosis.btf.path !== null).toBe(btf);
    const mode = /\[(\w+)\]/.exec(setting('/sys/kernel/security/lockdown'))?.[1];
    expect(diagnosis.lockdown).toBe(mode ?? null);
  });

  const KINDS = [
    'fentry',
    'fexit',
    'kprobe',
    'kretprobe',
    'tracepoint',
    'tp_btf',
    'raw_tp',
    'lsm',
    'cgroup',
  ];
  test.for(KINDS)('is right about [%s]', (kind, context) => {
    requireKernel(context, lack() ?? unprivileged());
    const found = diagnosis.hooks.find((hook) => hook.kind === kind);
    if (!facts().btf) {
      expect(found?.status, 'nothing can be tried without type information').not.toBe('works');
      return;
    }
    if (process.env.IMAGESNOOP_GUEST === undefined && /EPERM/.test(found?.why ?? ''))
      requireKernel(
        context,
        `this kernel is none of Debian's: beyond how it was built, it refuses ${kind} by a policy of its own`,
      );
    expect({ works: found?.status === 'works', why: found?.why ?? null }).toEqual({
      works: truth()[kind],
      why: truth()[kind] ? null : expect.stringMatching(/./),
    });
  });
});
