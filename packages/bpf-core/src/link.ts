import type { NativeLink } from './native.js';
import type { BpfProgram } from './program.js';
import { nativeProgram } from './program.js';

/**
 * A program attached to its hook. It stays attached until closed, or until its object is; losing
 * the reference detaches nothing.
 */
export class Link {
  readonly #native: NativeLink;

  /** @internal */
  constructor(native: NativeLink) {
    this.#native = native;
  }

  /** The kernel's id of the link; undefined for a perf event attachment before Linux 5.15. */
  get id(): number | undefined {
    return this.#native.id();
  }

  /**
   * Keeps the link attached after this process, at a path below a mounted bpf file system.
   * @throws BpfError BPF_PIN_FAILED, BPF_CLOSED, BPF_NOT_SUPPORTED for tc filters
   */
  pin(path: string): void {
    this.#native.pin(path);
  }

  /**
   * Replaces the program that the link runs, without a gap. The kernel allows it for cgroup, xdp,
   * tcx, netns and iterator links.
   * @throws BpfError BPF_ATTACH_FAILED
   */
  update(program: BpfProgram): void {
    this.#native.update(nativeProgram(program));
  }

  /**
   * Runs an iterator program once over all its elements.
   * @returns all bytes it wrote with bpf_seq_write
   * @throws BpfError BPF_ITER_FAILED
   */
  readIter(): Uint8Array {
    return this.#native.readIter();
  }

  /**
   * Leaves a tc filter where it is when this is closed: another process has adopted it
   * (`LoadedProgram.adoptTc()`).
   * @throws BpfError BPF_NOT_SUPPORTED for what the kernel detaches with its descriptor
   */
  disown(): void {
    this.#native.disown();
  }

  /**
   * Detaches. Idempotent.
   * @throws BpfError BPF_DETACH_FAILED, for tc filters without the capability to remove them
   */
  close(): void {
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
