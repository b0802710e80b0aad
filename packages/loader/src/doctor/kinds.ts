// Each kind of hook, tried for real: loaded, attached, and made to fire.
import { readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BpfObject, type BpfProgram, type Link } from '@imagesnoop/bpf-core';
import { cgroup2Mount, kernelPid } from '../machine.js';
import { reasonOf } from '../refusal.js';

export interface HookKind {
  readonly kind: string;
  /** How far it got: refused at load; loaded and not attached; attached and never run. */
  readonly status: 'works' | 'refused' | 'not attached' | 'never fires';
  readonly why: string | null;
}

type Attach = (program: BpfProgram) => Link;

interface Probe {
  readonly kind: string;
  readonly program: string;
  readonly attach?: Attach;
  /** False where nothing harmless makes it fire. */
  readonly fires?: false;
}

const PROBES: readonly Probe[] = [
  { kind: 'fentry', program: 'probe_fentry' },
  { kind: 'fexit', program: 'probe_fexit' },
  { kind: 'kprobe', program: 'probe_kprobe' },
  { kind: 'kretprobe', program: 'probe_kretprobe' },
  { kind: 'tracepoint', program: 'probe_tracepoint' },
  { kind: 'tp_btf', program: 'probe_tp_btf' },
  { kind: 'raw_tp', program: 'probe_raw_tp' },
  { kind: 'lsm', program: 'probe_lsm' },
  { kind: 'uprobe', program: 'probe_uprobe', attach: attachToLibc },
  { kind: 'iterator', program: 'probe_iter', attach: readOnce },
  { kind: 'cgroup', program: 'probe_sockops', attach: attachToRootCgroup, fires: false },
];

/** The doctor's own object, beside `dist/` in the package. */
export const PROBE_OBJECT = new URL('../bpf/loader.bpf.o', import.meta.url);

/** Tries every kind; takes some 30 ms for each that needs the kernel's BTF. */
export function tryHookKinds(btf: string | undefined): HookKind[] {
  return PROBES.map((probe) => tryKind(probe, btf));
}

/** The doctor's object with only one program to be loaded. */
export function openProbe(program: string, btf: string | undefined): BpfObject {
  const path = fileURLToPath(PROBE_OBJECT);
  const own = path.replace(/\.bpf\.o$/, `.${process.arch}.bpf.o`);
  const object = BpfObject.open(
    readFirst(own, path),
    btf === undefined ? { name: 'doctor' } : { name: 'doctor', btf },
  );
  object.setGlobal('cfg_self_pid', kernelPid() ?? 0);
  for (const other of object.programs) other.autoload = other.name === program;
  return object;
}

function readFirst(...paths: string[]): Uint8Array {
  for (const path of paths.slice(0, -1)) {
    try {
      return readFileSync(path);
    } catch {
      // The next one is for all architectures.
    }
  }
  return readFileSync(paths.at(-1) as string);
}

function tryKind({ kind, program: name, attach, fires }: Probe, btf: string | undefined): HookKind {
  const object = openProbe(name, btf);
  try {
    try {
      object.load();
    } catch (error) {
      return { kind, status: 'refused', why: reasonOf(error) };
    }
    const program = object.program(name);
    let link: Link;
    try {
      link = attach === undefined ? program.attach() : attach(program);
    } catch (error) {
      return { kind, status: 'not attached', why: reasonOf(error) };
    }
    setPriority(getPriority());
    const count = object.map('selftest').lookup(0);
    link.close();
    if (fires === false || kernelPid() === undefined || count?.some((byte) => byte !== 0))
      return { kind, status: 'works', why: null };
    return { kind, status: 'never fires', why: 'the kernel attached it and does not run it' };
  } finally {
    object.close();
  }
}

function attachToLibc(program: BpfProgram): Link {
  const maps = readFileSync('/proc/self/maps', 'utf8');
  const path = /\S*\/libc[.-]\S*$/m.exec(maps)?.[0];
  if (path === undefined) throw new Error('this process has no libc mapped to attach to');
  return program.attachUprobe({ pid: process.pid, path, function: 'getpriority', retprobe: false });
}

function readOnce(program: BpfProgram): Link {
  const link = program.attachIter();
  link.readIter();
  return link;
}

function attachToRootCgroup(program: BpfProgram): Link {
  const path = cgroup2Mount();
  if (path === undefined) throw new Error('no cgroup v2 hierarchy is mounted');
  return program.attachCgroup(path);
}
