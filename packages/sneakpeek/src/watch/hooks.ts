import { cpus } from 'node:os';
import type { HookAlternative, HookPlan } from '@imagesnoop/loader';

/** What a system call comes to inside the kernel. */
interface Way {
  /** Hooks of security modules that are told of the place: `unlink` is security_path_unlink(). */
  readonly paths?: readonly string[];
  /** Functions that make the change. */
  readonly functions: readonly string[];
  /** Functions that are called once it is made. */
  readonly after?: readonly string[];
  /** They may wait. Where too many do, return probes miss some: tracepoints come before kprobes. */
  readonly waits?: boolean;
}

const way = (...functions: string[]): Way => ({ functions });
const waiting = (...functions: string[]): Way => ({ functions, waits: true });
const directory = (name: string): Way => ({ paths: [name], functions: [`vfs_${name}`] });
/** Compilers like to put vfs_rmdir() into its caller, where nothing can be attached to it. */
const rmdir: Way = { paths: ['rmdir'], functions: [], after: ['d_delete'] };
const node: Way = { paths: ['mknod'], functions: ['vfs_mknod', 'vfs_create'] };

const CALLS: Readonly<Record<string, Way>> = {
  ...{ write: waiting('vfs_write'), pwrite64: waiting('vfs_write') },
  ...{ writev: waiting('vfs_writev'), pwritev: waiting('vfs_writev') },
  ...{ pwritev2: waiting('vfs_writev'), sendfile64: waiting('do_sendfile') },
  ...{ splice: waiting('do_splice'), copy_file_range: waiting('vfs_copy_file_range') },
  ...{ fallocate: way('vfs_fallocate'), truncate: way('vfs_truncate') },
  ftruncate: way('do_truncate'),
  ...{ mkdir: directory('mkdir'), mkdirat: directory('mkdir'), mknod: node, mknodat: node },
  ...{ symlink: directory('symlink'), symlinkat: directory('symlink') },
  ...{ link: directory('link'), linkat: directory('link') },
  ...{ unlink: directory('unlink'), rmdir },
  unlinkat: { paths: ['unlink', 'rmdir'], functions: ['vfs_unlink'], after: ['d_delete'] },
  ...{ rename: directory('rename'), renameat: directory('rename') },
  renameat2: directory('rename'),
  ...{ chmod: way('chmod_common'), fchmod: way('chmod_common') },
  ...{ fchmodat: way('chmod_common'), fchmodat2: way('chmod_common') },
  ...{ chown: way('chown_common'), lchown: way('chown_common') },
  ...{ fchown: way('chown_common'), fchownat: way('chown_common') },
};

/** Opens lead to one of two functions: it has another name since Linux 7.0. */
const OPENS = ['openat', 'openat2', 'open', 'creat'];
const OPEN_WAYS = ['do_filp_open', 'do_file_open'].map((name) => waiting(name));

/** Not there on each architecture, or not yet. */
const OPTIONAL: ReadonlySet<string> = new Set([
  ...['open', 'creat', 'mkdir', 'mknod', 'symlink', 'link', 'unlink', 'rmdir', 'rename'],
  ...['renameat', 'chmod', 'chown', 'lchown', 'fchmodat2'],
]);

/** TRACING_SLOTS in bpf/sneakpeek/tell.bpf.h: programs that may be preempted need more room. */
const tracing = { helper: 'bpf_loop', mapSizes: { tracing_space: 3 * cpus().length } };
const scratchSpace = { scratch_space: cpus().length };

/** Opens are tried by doing one; where these fire, the others do, as all of them hang on ftrace. */
const fexit = ({ paths = [], functions, after = [] }: Way, selfTest = false): HookAlternative => ({
  name: 'fexit',
  programs: [
    ...paths.map((name) => `path_${name}_fentry`),
    ...functions.map((name) => `${name}_fexit`),
    ...after.map((name) => `${name}_fentry`),
  ],
  ...{ selfTest, ...tracing },
});

/** The program that goes on where paths are walked; the second one is for kernels before 5.17. */
const withTeller = (name: string, type: string, map: string, programs: readonly string[]) =>
  [{ teller: `tell_${type}`, helper: 'bpf_loop' }, { teller: `tell_unrolled_${type}` }].map(
    ({ teller, ...needs }): HookAlternative => ({
      ...{ name, programs, selfTest: false, calls: { [map]: teller }, mapSizes: scratchSpace },
      ...needs,
    }),
  );

const kprobes = (programs: readonly string[]) =>
  withTeller('kprobe', 'kprobe', 'kprobe_teller', programs);

const kprobe = ({ paths = [], functions, after = [] }: Way) =>
  kprobes([
    ...paths.map((name) => `path_${name}_kprobe`),
    ...functions.flatMap((name) => [`${name}_kprobe`, `${name}_kretprobe`]),
    ...after.map((name) => `${name}_kprobe`),
  ]);

const tracepoint = (call: string) =>
  withTeller('tracepoint', 'tp', 'tracepoint_teller', [`${call}_tp`]);

const uring = (program: string): HookAlternative => ({
  ...{ name: 'tracepoint', programs: [program], selfTest: false, ...tracing },
});

const none = (note: string): HookAlternative => ({
  ...{ name: 'tracepoint', programs: [], selfTest: false, note },
});

/** All ways to see a system call, best first. */
function alternatives(call: string, ways: readonly Way[], selfTest = false): HookAlternative[] {
  const [probes, points] = [ways.flatMap(kprobe), tracepoint(call)];
  return [
    ...ways.map((each) => fexit(each, selfTest)),
    ...(ways[0]?.waits ? [...points, ...probes] : [...probes, ...points]),
    ...(OPTIONAL.has(call) ? [none('no such system call')] : []),
  ];
}

/** bpf/sneakpeek.bpf.c tells what each costs and sees. */
export const hooks: HookPlan = {
  ...Object.fromEntries(OPENS.map((call) => [call, alternatives(call, OPEN_WAYS, true)])),
  ...Object.fromEntries(
    Object.entries(CALLS).map(([call, each]) => [call, alternatives(call, [each])]),
  ),
  'open by io_uring': [
    ...OPEN_WAYS.map((each) => fexit(each, true)),
    uring('uring_open_tpbtf'),
    ...OPEN_WAYS.flatMap(kprobe),
    none('files made by io_uring are not seen'),
  ],
  'write by io_uring': [uring('uring_write_tpbtf'), none('writes by io_uring are not seen')],
  'write through a memory map': [
    { name: 'fexit', programs: ['mapped_fentry'], selfTest: false, ...tracing },
    ...kprobes(['mapped_kprobe']),
    none('writes through memory maps are not seen'),
  ],
};
