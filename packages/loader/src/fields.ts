// Finding a field of a struct by name, through the structs that are embedded in it.
import type { Field, FieldType, StructLayout } from '@imagesnoop/bpf-core';

export type { Field };

/**
 * @param name `pid`, or `header.pid` from the outside in
 * @returns the field, its offset counted from the outermost struct; undefined when there is none,
 *   or when several embedded structs have one of that name
 */
export function findField(struct: StructLayout, name: string): Field | undefined {
  return findIn(struct.fields, name, 0);
}

function findIn(fields: readonly Field[], name: string, base: number): Field | undefined {
  const dot = name.indexOf('.');
  if (dot >= 0) {
    const outer = findIn(fields, name.slice(0, dot), base);
    return outer?.fields && findIn(outer.fields, name.slice(dot + 1), outer.offset);
  }
  const own = fields.find((field) => field.name === name);
  if (own !== undefined) return { ...own, offset: base + own.offset };
  const found = fields.flatMap((field) => {
    if (field.fields === undefined || field.kind === 'array') return [];
    const inner = findIn(field.fields, name, base + field.offset);
    return inner === undefined ? [] : [inner];
  });
  return found.length === 1 ? found[0] : undefined;
}

const NUMBERS = new Set(['int', 'char', 'bool', 'enum', 'pointer']);

/** One integer, enum, bool, char or pointer. */
export function isNumber(field: FieldType): boolean {
  return NUMBERS.has(field.kind);
}

/** An array of single bytes. */
export function isBytes(field: FieldType): boolean {
  return field.kind === 'array' && field.element?.size === 1 && isNumber(field.element);
}
