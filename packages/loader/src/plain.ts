// Any value of a BTF type as what JSON can hold; for objects whose form is not known beforehand.
import type { FieldType } from '@imagesnoop/bpf-core';

/** Longest array that is written element by element; the rest is cut, and the cut is shown. */
const MAX_ELEMENTS = 4096;

/**
 * @param type as bpf-core describes it
 * @param bytes the value, and for a flexible last member all that follows
 * @returns integers beyond 2^53 as strings, pointers and other bytes as hex, `char[]` as text up to
 *   its NUL, enums by name where there is one; null for what lies beyond the bytes
 */
export function plain(type: FieldType, bytes: Uint8Array, offset = 0): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return valueAt(type, view, offset);
}

function valueAt(type: FieldType, view: DataView, offset: number): unknown {
  if (type.kind === 'array') return arrayAt(type, view, offset);
  if (type.kind === 'struct' || type.kind === 'union') return structAt(type, view, offset);
  if (offset + type.size > view.byteLength) return null;
  switch (type.kind) {
    case 'bool':
      return view.getUint8(offset) !== 0;
    case 'float':
      return type.size === 4 ? view.getFloat32(offset, true) : view.getFloat64(offset, true);
    case 'enum':
      return enumAt(type, view, offset);
    case 'pointer':
      return `0x${view.getBigUint64(offset, true).toString(16)}`;
    case 'int':
    case 'char':
      return number(integerAt(view, offset, type.size, type.signed === true));
    default:
      return hex(view, offset, type.size);
  }
}

function structAt(type: FieldType, view: DataView, offset: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of type.fields ?? []) {
    const value =
      field.bits === undefined
        ? valueAt(field, view, offset + field.offset)
        : bitsAt(field, view, offset + field.offset);
    if (field.name === '' && value !== null && typeof value === 'object')
      Object.assign(out, value); // an anonymous struct or union: its members count as ours
    else out[field.name] = value;
  }
  return out;
}

function arrayAt(type: FieldType, view: DataView, offset: number): unknown {
  const element = type.element as FieldType;
  const room = Math.max(0, view.byteLength - offset);
  const size = Math.max(1, element.size);
  const count = type.count === 0 ? Math.floor(room / size) : (type.count ?? 0);
  if (element.kind === 'char') return text(view, offset, count);
  if (element.size === 1 && element.kind === 'int') return hex(view, offset, count);
  const shown = Math.min(count, MAX_ELEMENTS);
  const values = Array.from({ length: shown }, (_, index) =>
    valueAt(element, view, offset + index * size),
  );
  if (shown < count) values.push(`… ${count - shown} more`);
  return values;
}

function enumAt(type: FieldType, view: DataView, offset: number): unknown {
  const value = number(integerAt(view, offset, type.size, type.signed === true));
  const named = type.values?.find((each) => number(BigInt(each.value)) === value);
  return named?.name ?? value;
}

interface Bits {
  size: number;
  signed?: boolean;
  bits?: number;
  bitOffset?: number;
}

function bitsAt({ size, signed, bits = 0, bitOffset = 0 }: Bits, view: DataView, at: number) {
  if (at + size > view.byteLength) return null;
  const unit = BigInt.asUintN(64, integerAt(view, at, size, false));
  const value = (unit >> BigInt(bitOffset)) & ((1n << BigInt(bits)) - 1n);
  return number(signed ? BigInt.asIntN(bits, value) : value);
}

function integerAt(view: DataView, offset: number, size: number, signed: boolean): bigint {
  let value = 0n;
  for (let index = size - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(view.getUint8(offset + index));
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

function number(value: bigint): number | string {
  return value >= -9007199254740991n && value <= 9007199254740991n
    ? Number(value)
    : value.toString();
}

/** The bytes of a field that lie within the record. */
function within(view: DataView, offset: number, length: number): Buffer {
  const from = Math.min(offset, view.byteLength);
  const to = Math.min(offset + length, view.byteLength);
  return Buffer.from(view.buffer, view.byteOffset + from, to - from);
}

function text(view: DataView, offset: number, length: number): string {
  const bytes = within(view, offset, length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

function hex(view: DataView, offset: number, length: number): string {
  return within(view, offset, length).toString('hex');
}
