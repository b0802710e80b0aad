import { fieldOf, KIND, type MessageField, type MessageType, WIRE } from '../schema/schema.js';
import { expectationsOf, textScore } from './expect.js';
import type { IdBook } from './ids.js';

/** What bytes score that cannot be a message of a type. */
export const IMPOSSIBLE = Number.NEGATIVE_INFINITY;

/** A score is what speaks for a type, in about log2 of how much likelier it makes it. */
const SCORE = {
  field: 3,
  message: 2,
  enumValue: 3,
  bool: 4,
  unknownField: -25,
  outOfOrder: -8,
  repeatedSingular: -15,
  explicitDefault: -14,
  unknownEnumValue: -20,
  wideInt32: -8,
  packed: 1,
  /** A part that a message is hardly ever sent without. */
  missingPart: -3,
  emptyButNeeded: -10,
  emptyByNature: 1,
};
/** Below this many unknown fields' worth nothing saves a type. */
const HOPELESS = -60;
const DEEPEST = 40;
const TWO_TO_32 = 2 ** 32;
const NEGATIVE_INT = 2 ** 63;

/**
 * How well bytes fit a type, as those would write it that are generated from a .proto file: fields in
 * order, no explicit defaults, text in UTF-8, known enumeration values.
 *
 * @param whole false: `bytes` is only the beginning of the message
 * @param ids what is known about ids that occur in it
 * @returns IMPOSSIBLE, or a score in which 0 says nothing
 */
export function fit(
  type: MessageType,
  bytes: Uint8Array,
  whole: boolean,
  ids: IdBook | null = null,
): number {
  const { needsContent, parts } = expectationsOf(type);
  if (bytes.length === 0) {
    if (needsContent) return SCORE.emptyButNeeded;
    return type.fields.size === 0 ? SCORE.emptyByNature : 0;
  }
  walk.bytes = bytes;
  walk.whole = whole;
  walk.top = 0n;
  walk.ids = ids;
  const score = fitMessage(type, 0, bytes.length, 0);
  if (score === IMPOSSIBLE || !whole) return score;
  let missing = 0;
  for (const part of parts) if ((walk.top & (1n << BigInt(part))) === 0n) missing++;
  return score + missing * SCORE.missingPart;
}

/** The walk under way: one at a time. */
const walk = {
  bytes: new Uint8Array(0) as Uint8Array,
  whole: true,
  at: 0,
  /** Numbers of the fields at the top, as bits. */
  top: 0n,
  ids: null as IdBook | null,
};

/** Whether it is the capture that cuts the bytes at `end`, and not the message. */
const isCutAt = (end: number) => !walk.whole && end === walk.bytes.length;

function fitMessage(type: MessageType, start: number, end: number, depth: number): number {
  if (depth > DEEPEST) return IMPOSSIBLE;
  let score = 0;
  let last = 0;
  walk.at = start;
  while (walk.at < end) {
    const tag = varint(end);
    if (tag < 0) return isCutAt(end) ? score : IMPOSSIBLE;
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0 || number >= 1 << 29) return IMPOSSIBLE;
    const field = fieldOf(type, number);
    if (depth === 0 && number < 128) walk.top |= 1n << BigInt(number);
    let value: number;
    if (field === undefined) {
      value = skip(wire, end) ? SCORE.unknownField : IMPOSSIBLE;
    } else {
      if (number < last) score += SCORE.outOfOrder;
      else if (number === last && !field.repeated) score += SCORE.repeatedSingular;
      last = number;
      value = fitField(type, field, wire, end, depth);
    }
    if (value === IMPOSSIBLE) return isCutAt(end) && walk.at > end ? score : IMPOSSIBLE;
    score += value;
    if (score < HOPELESS) return IMPOSSIBLE;
  }
  return score;
}

function fitField(
  type: MessageType,
  field: MessageField,
  wire: number,
  end: number,
  depth: number,
): number {
  if (wire !== field.wire) {
    const packs = field.repeated && wire === WIRE.bytes && field.wire !== WIRE.bytes;
    return packs && skip(wire, end) ? SCORE.packed : IMPOSSIBLE;
  }
  if (wire === WIRE.varint) return fitVarint(field, end);
  if (wire !== WIRE.bytes) return skip(wire, end) ? SCORE.field : IMPOSSIBLE;
  const length = varint(end);
  if (length < 0) return IMPOSSIBLE;
  const start = walk.at;
  const stop = start + length;
  if (stop > end && !isCutAt(end)) return IMPOSSIBLE;
  const score =
    stop > end ? fitCut(field, start, end, depth) : fitContent(type, field, start, stop, depth);
  walk.at = stop;
  return SCORE.field + score;
}

function fitCut(field: MessageField, start: number, end: number, depth: number): number {
  return field.message === null ? 0 : fitMessage(field.message, start, end, depth + 1);
}

function fitVarint(field: MessageField, end: number): number {
  const value = varint(end);
  if (value < 0) return IMPOSSIBLE;
  const isDefault = value === 0 && !field.repeated && !field.presence;
  const score = SCORE.field + (isDefault ? SCORE.explicitDefault : 0);
  switch (field.kind) {
    case KIND.bool:
      return value > 1 ? IMPOSSIBLE : score + SCORE.bool;
    case KIND.enum: {
      const known = field.enumeration?.values.has(value) ?? true;
      return score + (known ? SCORE.enumValue : SCORE.unknownEnumValue);
    }
    case KIND.int32:
    case KIND.uint32:
      return value >= TWO_TO_32 && value < NEGATIVE_INT ? score + SCORE.wideInt32 : score;
    default:
      return score;
  }
}

function fitContent(
  type: MessageType,
  field: MessageField,
  start: number,
  end: number,
  depth: number,
): number {
  if (field.message !== null) {
    const score = fitMessage(field.message, start, end, depth + 1);
    return score + (field.map === null ? SCORE.message : 0);
  }
  const isDefault = start === end && !field.repeated && !field.presence;
  const score = isDefault ? SCORE.explicitDefault : 0;
  if (field.kind !== KIND.string) return score; // bytes may be anything
  const text = textScore(field, walk.bytes, start, end);
  return score + text + (walk.ids?.score(type, field, walk.bytes, start, end) ?? 0);
}

function skip(wire: number, end: number): boolean {
  if (wire === WIRE.varint) return varint(end) >= 0;
  if (wire === WIRE.fixed64) walk.at += 8;
  else if (wire === WIRE.fixed32) walk.at += 4;
  else if (wire === WIRE.bytes) {
    const length = varint(end);
    if (length < 0) return false;
    walk.at += length;
  } else return false;
  return walk.at <= end;
}

/** The next varint as a double, which is exact where it matters; -1 if there is none. */
function varint(end: number): number {
  const { bytes } = walk;
  let value = 0;
  let factor = 1;
  for (let count = 0; count < 10; count++) {
    if (walk.at >= end) {
      walk.at = end + 1;
      return -1;
    }
    const octet = bytes[walk.at++] as number;
    value += (octet & 0x7f) * factor;
    if (octet < 0x80) return value;
    factor *= 128;
  }
  return -1;
}
