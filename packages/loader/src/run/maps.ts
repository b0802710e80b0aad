import type { BpfMap, BpfObject, FieldType } from '@imagesnoop/bpf-core';
import { plain } from '../plain.js';

/** Kinds whose entries are plain keys and values; others hold descriptors, stacks or records. */
const PLAIN = /^(lru_)?(percpu_)?(hash|array)$|^lpm_trie$/;

interface Printed {
  readonly map: BpfMap;
  readonly key: FieldType | undefined;
  readonly value: FieldType | undefined;
}

/** Prints the entries of an object's maps, typed by its BTF, one line each. */
export class MapPrinter {
  readonly #maps: readonly Printed[];

  /** Constants (.rodata) are left out; variables (.bss, .data) are there. */
  constructor(object: BpfObject) {
    this.#maps = object.maps
      .filter(({ type, name }) => PLAIN.test(type) && !/\.(rodata|kconfig)/.test(name))
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
            ? { values: map.splitPerCpu(value).map((each) => show(valueType, each)) }
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
