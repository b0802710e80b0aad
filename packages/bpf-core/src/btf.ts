import type { StructLayout } from './layout.js';
import { type NativeBtf, native } from './native.js';

const KERNEL = '/sys/kernel/btf/vmlinux';

/** Types of the running kernel or of a file. Close it when done. */
export class Btf {
  readonly #native: NativeBtf;

  private constructor(path: string) {
    this.#native = new native.Btf(path);
  }

  /** @throws BpfError BPF_BTF_FAILED when the kernel carries no BTF */
  static kernel(path: string = KERNEL): Btf {
    return new Btf(path);
  }

  /** @param path raw BTF, or an ELF file that has it */
  static fromFile(path: string): Btf {
    return new Btf(path);
  }

  struct(name: string): StructLayout | undefined {
    return this.#native.struct(name);
  }

  /** A function that fentry, fexit and kprobes could attach to, and how many parameters it has. */
  func(name: string): { name: string; params: number; paramNames: string[] } | undefined {
    return this.#native.func(name);
  }

  /** Whether a tracepoint can be the target of a tp_btf program. */
  hasTracepoint(name: string): boolean {
    return this.#native.hasTypedef(`btf_trace_${name}`);
  }

  /** Idempotent. */
  close(): void {
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
