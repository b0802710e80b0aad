import type { BpfMap, BpfObject, FieldType } from '@imagesnoop/bpf-core';
import { plain } from '../plain.js';

/** Maps that hold no values of their own. */
const OPAQUE = new Set([
  'ringbuf',
  'perf_event_array',
  'prog_array',
  'user_ringbuf',
  'stack_trace',
  'bloom_filter',
  'queue',
  'stack',
  'struct_ops',
]);

/** Prints the entries of an object's maps, typed by its BTF, one line each. */
export class MapPrinter {
  readonly #maps: { map: BpfMap; key: FieldType | undefined; value: FieldType | undefined }[];

  /** Constants (.rodata) are left out; variables (.bss, .data) are there. */
  constructor(object: BpfObject) {
    this.#maps = object.maps
      .filter(({ type, name }) => !OPAQUE.has(type) && !/\.rodata|\.kconfig/.test(name))
      .map((map) => ({ map, ...typesOf(map) }));
  }

  print(write: (line: object) => void): void {
    for (const { map, key: keyType, value: valueType } of this.#maps) {
      const perCpu = map.type.includes('percpu');
      for (const [key, value] of map.entries()) {
        write({
          map: map.name,
          key: show(keyType, key),
          ...(perCpu
            ? { values: map.lookupPerCpu(key).map((each) => show(valueType, each)) }
            : { value: show(valueType, value) }),
        });
      }
    }
  }
}

function typesOf(map: BpfMap): { key: FieldType | undefined; value: FieldType | undefined } {
  const types = map.types();
  return { key: types?.key, value: types?.value };
}

function show(type: FieldType | undefined, bytes: Uint8Array): unknown {
  return type === undefined ? Buffer.from(bytes).toString('hex') : plain(type, bytes);
}
