import { unlinkSync } from 'node:fs';
import { integerBytes } from './bytes.js';
import { BpfError } from './errors.js';
import { type NativeMap, native } from './native.js';
import { type BpfProgram, nativeProgram } from './program.js';

/** What a map is, or is to be made of. */
export interface MapInfo {
  /** At most 15 bytes. */
  name: string;
  /** libbpf's name, e.g. `hash`, `percpu_array`, `ringbuf`. */
  type: string;
  /** Bytes. */
  keySize: number;
  /** Bytes; of one CPU for per-CPU maps. */
  valueSize: number;
  maxEntries: number;
}

let unwrap: (map: BpfMap) => NativeMap;

/** @internal */
export const nativeMap = (map: BpfMap): NativeMap => unwrap(map);

const BATCH_BYTES = 256 * 1024;

/**
 * A map. Keys are bytes of exactly `keySize`, or a number for keys of 1, 2, 4 or 8 bytes. A method
 * throws BpfError BPF_NOT_LOADED before the load, BPF_CLOSED after the close, BPF_MAP_FAILED when
 * the kernel refuses and BPF_INVALID_ARGUMENT for wrong sizes.
 */
export class BpfMap {
  static {
    unwrap = (map) => (map instanceof BpfMap ? map.#native : map);
  }
  readonly #native: NativeMap;
  readonly #valueBytes: number;
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;

  /** @internal */
  constructor(handle: NativeMap) {
    const info = handle.info();
    this.#native = handle;
    this.#valueBytes = info.valueBytes;
    this.name = info.name;
    this.type = info.type;
    this.keySize = info.keySize;
    this.valueSize = info.valueSize;
  }

  /**
   * Opens a map pinned in the bpf file system, e.g. by a bcc tool. Close it when done.
   * @throws BpfError BPF_PIN_FAILED, BPF_NOT_A_MAP
   */
  static openPinned(path: string): BpfMap {
    return new BpfMap(native.openPinnedMap(path));
  }

  /**
   * Makes a map that belongs to no object, e.g. to be pinned for other programs. Close it when done;
   * it lives on while it is pinned.
   * @throws BpfError BPF_MAP_FAILED
   */
  static create(shape: MapInfo): BpfMap {
    return new BpfMap(native.createMap(shape));
  }

  /** Set it before the load (else BPF_ALREADY_LOADED); ring buffers are rounded up by libbpf. */
  get maxEntries(): number {
    return this.#native.info().maxEntries;
  }

  set maxEntries(count: number) {
    this.#native.setMaxEntries(count);
  }

  /**
   * One value; of a per-CPU map all of them in a row (see lookupPerCpu).
   * @param into bytes to fill instead of new ones
   * @returns undefined when there is no such key
   */
  lookup(key: Uint8Array | number, into?: Uint8Array): Uint8Array | undefined {
    return this.#native.lookup(this.#key(key), 0, into);
  }

  /** The value of each possible CPU; an empty array when there is no such key. */
  lookupPerCpu(key: Uint8Array | number): Uint8Array[] {
    const all = this.lookup(key);
    return all === undefined ? [] : this.splitPerCpu(all);
  }

  /** Cuts a value of a per-CPU map, as lookup() and entries() give it, into those of its CPUs. */
  splitPerCpu(value: Uint8Array): Uint8Array[] {
    const stride = Math.ceil(this.valueSize / 8) * 8;
    const count = this.#valueBytes === this.valueSize ? 1 : Math.floor(value.length / stride);
    return Array.from({ length: count }, (_, cpu) =>
      value.subarray(cpu * stride, cpu * stride + this.valueSize),
    );
  }

  /**
   * @param value bytes of `valueSize` (for a per-CPU map: the same for each CPU, or all in a row),
   *   or an integer of that size
   * @param flags BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2
   */
  update(key: Uint8Array | number, value: Uint8Array | number | bigint, flags = 0): void {
    this.#native.update(this.#key(key), this.#value(value), flags);
  }

  /**
   * Of a prog_array: tail calls to this place of it go to the program from now on.
   * @throws BpfError BPF_MAP_FAILED also when the program's type differs from those that are there
   */
  setProgram(index: number, program: BpfProgram): void {
    this.#native.setProgram(index, nativeProgram(program));
  }

  /** Whether the key was there. */
  delete(key: Uint8Array | number): boolean {
    return this.#native.delete(this.#key(key));
  }

  /**
   * Keys and values as they are at some moment of the walk, which may miss or repeat those that
   * change during it. The bytes are the caller's to keep.
   */
  *entries(): Generator<[Uint8Array, Uint8Array], void, undefined> {
    const most = Math.max(16, this.maxEntries);
    let count = Math.floor(BATCH_BYTES / (this.keySize + this.#valueBytes));
    count = Math.min(most, Math.max(16, count));
    let token: Uint8Array | undefined;
    let started = false;
    for (;;) {
      const batch = this.#native.batch(token, count);
      if (typeof batch === 'number') {
        // A bucket holds more than the batch does.
        if (count >= most) return yield* this.#entriesOneByOne();
        count = Math.min(most, count * 4);
        continue;
      }
      if (batch === undefined) {
        if (started) return;
        return yield* this.#entriesOneByOne();
      }
      started = true;
      for (let i = 0; i < batch.count; i++) {
        yield [
          batch.keys.subarray(i * this.keySize, (i + 1) * this.keySize),
          batch.values.subarray(i * this.#valueBytes, (i + 1) * this.#valueBytes),
        ];
      }
      token = batch.token;
      if (token === undefined) return;
    }
  }

  /** For kernels before 5.6 and kinds of maps without batches. */
  *#entriesOneByOne(): Generator<[Uint8Array, Uint8Array], void, undefined> {
    // A key that is deleted meanwhile makes the kernel start again: the bound ends such a walk.
    let left = 2 * this.maxEntries + 1;
    for (let key = this.#native.nextKey(); key !== undefined && left > 0; left--) {
      const value = this.#native.lookup(key, 0);
      const next = this.#native.nextKey(key);
      if (value !== undefined) yield [key, value];
      key = next;
    }
  }

  /** Deletes every key. */
  clear(): void {
    for (;;) {
      const keys = [...this.entries()].map(([key]) => key);
      const deleted = keys.filter((key) => this.#native.delete(key)).length;
      if (deleted === 0) return;
    }
  }

  /** Key and value as BTF tells them. Of a ring buffer only before the load. */
  types(): ReturnType<NativeMap['types']> {
    return this.#native.types();
  }

  /** @throws BpfError BPF_PIN_FAILED */
  pin(path: string): void {
    this.#native.pin(path);
  }

  /** Removes a pin; the map lives on for those that have it open. */
  unpin(path: string): void {
    try {
      unlinkSync(path);
    } catch (cause) {
      throw new BpfError('BPF_PIN_FAILED', `cannot unpin map ${this.name} at ${path}`, {
        hint: 'There may be no such pin.',
        cause,
      });
    }
  }

  /** From now on user space cannot write it. Since Linux 5.2. */
  freeze(): void {
    this.#native.freeze();
  }

  /**
   * Before the load: takes another map, which must have the same type and sizes, in its place.
   * @throws BpfError BPF_MAP_MISMATCH, BPF_ALREADY_LOADED
   */
  reuse(other: BpfMap): void {
    this.#native.reuse(nativeMap(other));
  }

  /** Idempotent. Of a map of an object this ends the handle only; the object closes the map. */
  close(): void {
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #key(key: Uint8Array | number): Uint8Array {
    return typeof key === 'number' ? integerBytes(key, this.keySize, 'key') : key;
  }

  #value(value: Uint8Array | number | bigint): Uint8Array {
    const one =
      typeof value === 'number' || typeof value === 'bigint'
        ? integerBytes(value, this.valueSize, 'value')
        : value;
    if (this.#valueBytes === this.valueSize || one.length !== this.valueSize) return one;
    const all = new Uint8Array(this.#valueBytes);
    for (const each of this.splitPerCpu(all)) each.set(one);
    return all;
  }
}
