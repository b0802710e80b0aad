import { basename } from 'node:path';
import { integerBytes } from './bytes.js';
import { BpfError } from './errors.js';
import type { FieldType, StructLayout } from './layout.js';
import { BpfMap } from './map.js';
import { type NativeObject, native } from './native.js';
import { BpfProgram } from './program.js';

export interface OpenOptions {
  /** Default: the file's name without `.bpf.o`. */
  name?: string;
  /** BTF of the running kernel from a file, where the kernel does not carry it. */
  btf?: string;
  /** Folder for maps that ask to be pinned by name, default /sys/fs/bpf. */
  pinRoot?: string;
}

/**
 * An object file: programs, maps and their types. Open, set, load, attach, close.
 *
 * @example
 * const object = BpfObject.open('/path/to/tool.bpf.o');
 * object.setGlobal('filter_pid', 42);
 * object.load();
 * const link = object.program('handle_exec').attach();
 * object.close();
 */
export class BpfObject {
  readonly #native: NativeObject;
  #programs: readonly BpfProgram[] | undefined;
  #maps: readonly BpfMap[] | undefined;
  readonly name: string;

  private constructor(handle: NativeObject, name: string) {
    this.#native = handle;
    this.name = name;
  }

  /**
   * Reads an object; nothing reaches the kernel yet. Close it when done.
   * @param source path, or the bytes of the file
   * @throws BpfError BPF_OPEN_FAILED
   */
  static open(source: string | Uint8Array, options: OpenOptions = {}): BpfObject {
    const file = typeof source === 'string' ? basename(source).replace(/(\.bpf)?\.o$/, '') : '';
    const name = options.name ?? (file === '' ? 'object' : file);
    return new BpfObject(new native.Object(source, name, options.btf, options.pinRoot), name);
  }

  get loaded(): boolean {
    return this.#native.isLoaded();
  }

  get programs(): readonly BpfProgram[] {
    this.#programs ??= this.#native.programs().map((each) => new BpfProgram(each));
    return this.#programs;
  }

  get maps(): readonly BpfMap[] {
    this.#maps ??= this.#native.maps().map((each) => new BpfMap(each));
    return this.#maps;
  }

  /** @throws BpfError BPF_NO_SUCH_PROGRAM */
  program(name: string): BpfProgram {
    return find(this.programs, name, 'BPF_NO_SUCH_PROGRAM', `program of object ${this.name}`);
  }

  /** @throws BpfError BPF_NO_SUCH_MAP */
  map(name: string): BpfMap {
    return find(this.maps, name, 'BPF_NO_SUCH_MAP', `map of object ${this.name}`);
  }

  /** A struct or union of the object's own BTF. */
  struct(name: string): StructLayout | undefined {
    return this.#native.struct(name);
  }

  /** Key and value of a map as BTF tells them. Of a ring buffer only before the load. */
  mapTypes(name: string): { key?: FieldType; value?: FieldType } {
    return this.map(name).types();
  }

  /** The bytes of a global variable now, or undefined when there is none of that name. */
  getGlobal(name: string): Uint8Array | undefined {
    return this.#native.variable(name)?.bytes;
  }

  /**
   * Sets a global variable: a constant (.rodata) before the load only, others at any time.
   * @param value an integer or boolean for a variable of 1, 2, 4 or 8 bytes, else at most as many
   *   bytes as the variable has; the rest becomes zero
   * @throws BpfError BPF_NO_SUCH_GLOBAL, BPF_ALREADY_LOADED, BPF_INVALID_ARGUMENT
   */
  setGlobal(name: string, value: number | bigint | boolean | Uint8Array): void {
    const size = this.getGlobal(name)?.length ?? 0;
    this.#native.setVariable(name, globalBytes(name, value, size));
  }

  /**
   * Makes the maps and has the verifier check each program with autoload on.
   * @throws BpfError BPF_LOAD_REJECTED with `program`, `errno`, `log`; the object can then only be
   *   closed
   */
  load(): void {
    this.#native.load();
  }

  /** Detaches every link, then frees programs and maps. Idempotent. */
  close(): void {
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function find<T extends { name: string }>(
  all: readonly T[],
  name: string,
  code: string,
  what: string,
): T {
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new BpfError(code, `no ${what} is called ${name}`, {
    hint: `There are: ${all.map((each) => each.name).join(', ') || 'none'}.`,
  });
}

function globalBytes(
  name: string,
  value: number | bigint | boolean | Uint8Array,
  size: number,
): Uint8Array {
  // The addon tells of a missing variable and of bytes that are too many.
  if (size === 0 || (value instanceof Uint8Array && value.length >= size)) {
    return value instanceof Uint8Array ? value : new Uint8Array(0);
  }
  if (value instanceof Uint8Array) {
    const bytes = new Uint8Array(size);
    bytes.set(value);
    return bytes;
  }
  return integerBytes(typeof value === 'boolean' ? Number(value) : value, size, `global ${name}`);
}
