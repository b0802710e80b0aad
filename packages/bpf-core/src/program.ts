import { Link } from './link.js';
import type { BpfMap } from './map.js';
import { nativeMap } from './map.js';
import { type NativeProgram, native } from './native.js';

/** What the kernel tells about a loaded program. Source: struct bpf_prog_info. */
export interface ProgramInfo {
  id: number;
  /** Hash of the instructions, 16 hex digits. */
  tag: string;
  /** Nanoseconds of CPU; counts only while kernel.bpf_stats_enabled is 1. */
  runTimeNs: bigint;
  runCount: bigint;
  /** Runs left out because the program was already running on that CPU. */
  recursionMisses: bigint;
  verifiedInsns: number;
  xlatedBytes: number;
  /** 0 when the JIT is off. */
  jitedBytes: number;
}

export interface TestRunOptions {
  /** Packet, for programs that see packets. */
  data?: Uint8Array;
  /** Context as the program type defines it. */
  ctx?: Uint8Array;
  repeat?: number;
}

export interface TestRunResult {
  /** Return value of the program, as u32. */
  result: number;
  /** Mean of the runs, in nanoseconds. */
  durationNs: number;
  data: Uint8Array;
  ctx: Uint8Array;
}

export interface KprobeOptions {
  function: string;
  retprobe: boolean;
  /** Bytes into the function. */
  offset?: number;
  cookie?: bigint;
}

export interface UprobeOptions {
  /** -1 every process, 0 this one. */
  pid: number;
  path: string;
  /** Symbol of the file; without it `offset` counts from the start of the file. */
  function?: string;
  offset?: number;
  retprobe: boolean;
  cookie?: bigint;
}

/** Which elements an iterator visits; all by default. */
export interface IterOptions {
  map?: BpfMap;
  cgroupFd?: number;
  pid?: number;
  tid?: number;
}

/** Where a filter of the clsact kind sits. */
export interface TcPlace {
  ifindex: number;
  direction: 'ingress' | 'egress';
  /** From 1 to 2^32 - 1; with `priority` and the program's name it marks the filter as ours. */
  handle: number;
  /** From 1 to 65535; lower runs first. */
  priority: number;
  /** Handle to take instead where this process made the clsact qdisc: a mark for later runs. */
  handleOfOurs?: number;
}

let unwrap: (program: BpfProgram) => NativeProgram;

/** @internal */
export const nativeProgram = (program: BpfProgram): NativeProgram => unwrap(program);

/**
 * An entry point of an object. Every attach call throws BpfError BPF_NOT_LOADED before the load,
 * BPF_CLOSED after the close and BPF_ATTACH_FAILED when the kernel refuses.
 */
export class BpfProgram {
  static {
    // A foreign object has no #native: the addon then refuses undefined by its own check.
    unwrap = (program) => (program instanceof BpfProgram ? program.#native : program);
  }
  readonly #native: NativeProgram;
  readonly name: string;
  /** ELF section, which names type and hook, e.g. `tp_btf/sched_process_exec`. */
  readonly section: string;
  /** libbpf's name, e.g. `tracing`. */
  readonly type: string;
  /** libbpf's name, e.g. `trace_raw_tp`. */
  readonly expectedAttachType: string;

  /** @internal */
  constructor(handle: NativeProgram) {
    const about = handle.about();
    this.#native = handle;
    this.name = about.name;
    this.section = about.section;
    this.type = about.type;
    this.expectedAttachType = about.expectedAttachType;
  }

  /** Whether the load includes it. Set it before the load (else BPF_ALREADY_LOADED). */
  get autoload(): boolean {
    return this.#native.autoload();
  }

  set autoload(on: boolean) {
    this.#native.setAutoload(on);
  }

  /**
   * Chooses the kernel function that an fentry, fexit, lsm or iterator program is for.
   * @throws BpfError BPF_NO_SUCH_TARGET, BPF_ALREADY_LOADED
   */
  setAttachTarget(name: string): void {
    this.#native.setAttachTarget(name);
  }

  /** @throws BpfError BPF_NOT_LOADED, BPF_INFO_FAILED */
  info(): ProgramInfo {
    return this.#native.info();
  }

  /**
   * Runs the program on given input (BPF_PROG_TEST_RUN), for the types that the kernel can run so.
   * @throws BpfError BPF_TEST_RUN_FAILED
   */
  testRun(options: TestRunOptions = {}): TestRunResult {
    return this.#native.testRun(options);
  }

  /** Attaches as the section name says. */
  attach(): Link {
    return new Link(this.#native.attach());
  }

  attachKprobe(options: KprobeOptions): Link {
    return new Link(this.#native.attachKprobe(options));
  }

  attachUprobe(options: UprobeOptions): Link {
    return new Link(this.#native.attachUprobe(options));
  }

  /** e.g. `('syscalls', 'sys_enter_openat')` */
  attachTracepoint(category: string, name: string): Link {
    return new Link(this.#native.attachTracepoint(category, name));
  }

  /** The cookie needs Linux 6.10. */
  attachRawTracepoint(name: string, cookie?: bigint): Link {
    return new Link(this.#native.attachRawTracepoint(name, cookie));
  }

  /** fentry, fexit, fmod_ret and tp_btf. */
  attachTrace(): Link {
    return new Link(this.#native.attachTrace());
  }

  attachLsm(): Link {
    return new Link(this.#native.attachLsm());
  }

  /** @param cgroup path of a cgroup v2 folder, or an open fd of one */
  attachCgroup(cgroup: string | number): Link {
    return new Link(this.#native.attachCgroup(cgroup));
  }

  /** Direction as the section name says: `tcx/ingress`, `tcx/egress`. Since Linux 6.6. */
  attachTcx({ ifindex }: { ifindex: number }): Link {
    return new Link(this.#native.attachTcx(ifindex));
  }

  attachXdp(ifindex: number): Link {
    return new Link(this.#native.attachXdp(ifindex));
  }

  /** Then `link.readIter()`. */
  attachIter(options: IterOptions = {}): Link {
    const map = options.map === undefined ? undefined : nativeMap(options.map);
    return new Link(this.#native.attachIter({ ...options, map }));
  }

  /**
   * Adds a filter of the clsact kind, for kernels without tcx. The kernel does not remove it with
   * the process: one of the same program left at the same place by an earlier run is replaced.
   * The qdisc is created where it is missing and removed with the last filter, if it was ours.
   * @throws BpfError BPF_TC_OCCUPIED when somebody else's filter has this handle and priority
   */
  attachTc(place: TcPlace): Link {
    return new Link(this.#native.attachTc(place));
  }

  /** Removes what attachTc left behind when a process was killed; true when there was something. */
  static removeTc(place: TcPlace, program: string): boolean {
    return native.removeTc(place, program);
  }
}
