import { Link } from './link.js';
import { type NativeLoadedProgram, native } from './native.js';
import type { TcPlace } from './program.js';

/** An interface of the calling thread's network namespace. */
export interface NetworkInterface {
  /** Its number, which means nothing in other namespaces. */
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
}

/** A BPF filter on clsact, whoever's it is. */
export interface TcFilterInfo {
  readonly priority: number;
  readonly handle: number;
  readonly programId: number;
  /** As its maker named it; libbpf gives the program's name. */
  readonly name: string;
}

/**
 * All interfaces of this thread's namespace; see `inNetns()`.
 * @throws BpfError BPF_NETWORK_FAILED
 */
export const interfaces = (): readonly NetworkInterface[] => native.interfaces();

/** @throws BpfError BPF_NETWORK_FAILED */
export const tcFilters = (
  ifindex: number,
  direction: TcPlace['direction'],
): readonly TcFilterInfo[] => native.tcFilters(ifindex, direction);

/**
 * Removes a filter if it runs a program of that name; true when there was something.
 * @param qdisc remove clsact, too, if that leaves it without filters
 * @throws BpfError BPF_DETACH_FAILED
 */
export const removeTcFilter = (place: TcPlace, program: string, qdisc: boolean): boolean =>
  native.removeTc(place, program, qdisc);

/**
 * Calls back when interfaces or routes change in the namespace that this thread is in when it is
 * made; later it may be elsewhere. It keeps no process alive. Close it when done.
 * @throws BpfError BPF_NETWORK_FAILED
 */
export class InterfaceMonitor {
  readonly #native: { close(): void };

  constructor(onChange: () => void) {
    this.#native = new native.InterfaceMonitor(onChange);
  }

  close(): void {
    this.#native.close();
  }
}

/**
 * A program that another process has loaded, found by its id, to be attached in its stead. Needs
 * CAP_SYS_ADMIN.
 */
export class LoadedProgram {
  readonly #native: NativeLoadedProgram;
  readonly id: number;

  /** @throws BpfError BPF_NO_SUCH_PROGRAM */
  constructor(id: number) {
    this.id = id;
    this.#native = new native.LoadedProgram(id);
  }

  /** Its first 15 bytes, which is what the kernel keeps. */
  get name(): string {
    return this.#native.name();
  }

  /**
   * Before all other programs there. Since Linux 6.6.
   * @throws BpfError BPF_ATTACH_FAILED, BPF_CLOSED
   */
  attachTcx(ifindex: number, direction: TcPlace['direction']): Link {
    return new Link(this.#native.attachTcx(ifindex, direction));
  }

  /** As `BpfProgram.attachTc()`. */
  attachTc(place: TcPlace): Link {
    return new Link(this.#native.attachTc(place));
  }

  /**
   * A filter of this program that another process has attached; closing the link removes it, and
   * clsact with it if that is empty then and `handleOfOurs` is the filter's handle.
   * @throws BpfError BPF_ATTACH_FAILED when it is not there
   */
  adoptTc(place: TcPlace): Link {
    return new Link(this.#native.adoptTc(place));
  }

  /** Detaches what was attached or adopted here. Idempotent. */
  close(): void {
    this.#native.close();
  }
}
