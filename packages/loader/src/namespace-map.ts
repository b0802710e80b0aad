import { existsSync } from 'node:fs';
import { BpfMap } from '@imagesnoop/bpf-core';
import { UsageError } from './errors.js';
import { LiveSet } from './filters.js';

/** As bcc's documentation makes it. Source: bcc, docs/special_filtering.md. */
const SHAPE = { type: 'hash', keySize: 8, valueSize: 4, maxEntries: 128 } as const;

/**
 * Mount namespaces in a pinned BPF map, as `--mntnsmap` of bcc's tools and ours takes it: a hash of
 * 128 entries, inode numbers (u64) to u32. Tools that use the map see each change at once.
 */
export class NamespaceMap {
  readonly path: string;
  readonly #map: BpfMap;
  readonly #members: LiveSet;

  private constructor(path: string, map: BpfMap) {
    this.path = path;
    this.#map = map;
    this.#members = new LiveSet(map, this.members());
  }

  /**
   * Opens the map that is pinned there, or makes and pins one. Close it when done; the pin stays.
   *
   * @param path on the bpf file system, e.g. `/sys/fs/bpf/mnt_ns_set`
   * @throws UsageError `FILTER_MAP_SHAPE`, BpfError `BPF_PIN_FAILED`, `BPF_MAP_FAILED`
   */
  static open(path: string): NamespaceMap {
    if (existsSync(path)) return new NamespaceMap(path, BpfMap.openPinned(path)).#checked();
    const map = BpfMap.create({ name: 'mnt_ns_set', ...SHAPE });
    try {
      map.pin(path);
    } catch (error) {
      map.close();
      throw error;
    }
    return new NamespaceMap(path, map);
  }

  /** The namespaces in the map now. */
  members(): bigint[] {
    return [...this.#map.entries()].map(([key]) => Buffer.from(key).readBigUInt64LE());
  }

  /** Lets the map have these and no others; those in both are never missing for a moment. */
  replace(inodes: Iterable<number | bigint>): void {
    this.#members.replace(inodes);
  }

  /** Adds one to those that are there. */
  add(inode: number | bigint): void {
    this.#members.replace([...this.members(), inode]);
  }

  /** Removes the pin; the map lives on for those that use it. */
  unpin(): void {
    this.#map.unpin(this.path);
  }

  close(): void {
    this.#map.close();
  }

  #checked(): this {
    const { type, keySize, valueSize } = this.#map;
    if (type === SHAPE.type && keySize === SHAPE.keySize && valueSize === SHAPE.valueSize)
      return this;
    this.close();
    throw new UsageError(
      'FILTER_MAP_SHAPE',
      `${this.path} is a ${type} with keys of ${keySize} and values of ${valueSize} bytes`,
      { hint: 'A hash of 8-byte keys and 4-byte values is needed; choose another path.' },
    );
  }
}
