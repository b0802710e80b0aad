// Readers of integers at a constant offset. One closure per field; each closure sees one kind of
// typed array, so that the optimiser turns it into one load.
import type { Field } from './fields.js';
import type { Read } from './record.js';

const TWO_TO_32 = 4294967296;

/** Unsigned, 1, 2 or 4 bytes. */
export function readUnsigned({ offset, size }: Field): Read<number> {
  if (size === 1) return (at) => at.u8[at.base + offset] as number;
  if (offset % size !== 0) {
    return size === 2
      ? (at) => at.view.getUint16(at.base + offset, true)
      : (at) => at.view.getUint32(at.base + offset, true);
  }
  const index = offset / size;
  return size === 2
    ? (at) => at.u16[(at.base >>> 1) + index] as number
    : (at) => at.u32[(at.base >>> 2) + index] as number;
}

/** Signed, 1, 2 or 4 bytes. */
export function readSigned(field: Field): Read<number> {
  const { offset, size } = field;
  if (size === 4) {
    if (offset % 4 !== 0) return (at) => at.view.getInt32(at.base + offset, true);
    const index = offset / 4;
    return (at) => at.i32[(at.base >>> 2) + index] as number;
  }
  const unsigned = readUnsigned(field);
  const shift = 32 - size * 8;
  return (at) => (unsigned(at) << shift) >> shift;
}

/** A bit field that lies within the 8 bytes at its offset; at most 32 bits wide. */
export function readBits(field: Field): Read<number> {
  const { offset, size, signed } = field;
  const width = field.bits ?? size * 8;
  const low = field.bitOffset ?? 0;
  const first = offset + (low >>> 3);
  const within = low & 7;
  const bytes = (within + width + 7) >>> 3;
  const scale = 2 ** within;
  const modulus = 2 ** width;
  return (at) => {
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--)
      value = value * 256 + (at.u8[at.base + first + index] as number);
    value = Math.floor(value / scale) % modulus;
    return signed && value >= modulus / 2 ? value - modulus : value;
  };
}

/** Unsigned, 8 bytes, as a double. */
export function readU64({ offset }: Field): Read<number> {
  if (offset % 4 !== 0)
    return (at) =>
      at.view.getUint32(at.base + offset, true) +
      at.view.getUint32(at.base + offset + 4, true) * TWO_TO_32;
  const index = offset / 4;
  return (at) => {
    const low = (at.base >>> 2) + index;
    return (at.u32[low] as number) + (at.u32[low + 1] as number) * TWO_TO_32;
  };
}

/** Signed, 8 bytes, as a double. */
export function readI64({ offset }: Field): Read<number> {
  if (offset % 4 !== 0)
    return (at) =>
      at.view.getUint32(at.base + offset, true) +
      at.view.getInt32(at.base + offset + 4, true) * TWO_TO_32;
  const index = offset / 4;
  return (at) => {
    const low = (at.base >>> 2) + index;
    return (at.u32[low] as number) + (at.i32[low + 1] as number) * TWO_TO_32;
  };
}

/** 8 bytes, exact. */
export function readIntegers({ offset, signed }: Field): Read<bigint> {
  if (offset % 8 !== 0) {
    return signed
      ? (at) => at.view.getBigInt64(at.base + offset, true)
      : (at) => at.view.getBigUint64(at.base + offset, true);
  }
  const index = offset / 8;
  return signed
    ? (at) => at.i64[(at.base >>> 3) + index] as bigint
    : (at) => at.u64[(at.base >>> 3) + index] as bigint;
}
