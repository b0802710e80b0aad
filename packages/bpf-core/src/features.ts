import { readFileSync } from 'node:fs';
import { native } from './native.js';

/** CPUs that can exist on this machine: the number of values in an entry of a per-CPU map. */
export const possibleCpus = (): number => native.possibleCpus();

/**
 * Whether the kernel loads programs of a type, by libbpf's name, e.g. `kprobe`, `xdp`. For `tracing`,
 * `lsm` and `ext` libbpf's probe says no also where such programs load: there, load one to know.
 */
export const probeProgramType = (name: string): boolean => native.probeProgramType(name);

/** Whether the kernel makes maps of a type, by libbpf's name, e.g. `ringbuf`. */
export const probeMapType = (name: string): boolean => native.probeMapType(name);

/**
 * Whether programs of a type may call a helper.
 * @param helper number from enum bpf_func_id
 */
export const probeHelper = (programType: string, helper: number): boolean =>
  native.probeHelper(programType, helper);

/** Whether programs attach to interfaces by tcx links. Since Linux 6.6. */
export const supportsTcx = (): boolean => native.supportsTcx();

/** Version of the libbpf inside, e.g. `v1.5`. */
export const libbpfVersion = (): string => native.libbpfVersion();

/**
 * What kernel lockdown refuses; `confidentiality` includes reading kernel memory from BPF.
 * @returns null when the kernel has no lockdown
 */
export function lockdown(): 'none' | 'integrity' | 'confidentiality' | null {
  try {
    const text = readFileSync('/sys/kernel/security/lockdown', 'utf8');
    const [, mode] = /\[(none|integrity|confidentiality)\]/.exec(text) ?? [];
    return (mode as 'none' | 'integrity' | 'confidentiality' | undefined) ?? null;
  } catch {
    return null;
  }
}

/**
 * Runs `callback` with this thread in another network namespace, e.g. `/proc/42/ns/net`, where
 * interface numbers have their own meaning. The callback must be synchronous. Needs CAP_SYS_ADMIN.
 * @throws BpfError BPF_NETNS_FAILED
 */
export const inNetns = <T>(path: string, callback: () => T): T => native.inNetns(path, callback);
