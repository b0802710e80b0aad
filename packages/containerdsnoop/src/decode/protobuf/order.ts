import { fieldOf, type MessageField, type MessageType } from '../schema/schema.js';
import { varintOf } from './varint.js';
import { WireReader } from './wire-reader.js';

/** The schema's field that a reader is at, if what is on the wire can be its value. */
export function knownField(
  type: MessageType,
  { field: number, wire }: WireReader,
): MessageField | undefined {
  const field = fieldOf(type, number);
  if (field === undefined || field.wire === wire) return field;
  // Scalars that repeat may come in one piece.
  return field.repeated && wire === 2 ? field : undefined;
}

/** Where a field belongs among the others; what the schema has not comes after what it has. */
export function orderOf(field: MessageField | undefined, number: number): number {
  return field === undefined ? number * 2 + 1 : number * 2;
}

/**
 * A message with its fields in ascending order and each of those that do not repeat once: the last
 * value counts, of messages all values together, as every parser has it. Null when it is so already.
 */
export function sortedMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: MessageType,
): Buffer | null {
  const reader = new WireReader(bytes, start, end);
  const pieces: Piece[] = [];
  let ordered = true;
  let last = 0;
  while (reader.next()) {
    const field = knownField(type, reader);
    const order = orderOf(field, reader.field);
    const once = field !== undefined && !field.repeated;
    if (order < last || (order === last && once)) ordered = false;
    last = order;
    pieces.push({ order, once, field, at: reader.tagAt, start: reader.start, end: reader.at });
  }
  if (ordered) return null;
  const rest = reader.state === 'end' ? end : reader.tagAt;
  pieces.sort((a, b) => a.order - b.order);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < pieces.length; ) {
    let next = i + 1;
    while (next < pieces.length && pieces[next]?.order === pieces[i]?.order) next++;
    const same = pieces.slice(i, next);
    const { once, field } = same[0] as Piece;
    if (!once) for (const { at, end: to } of same) parts.push(bytes.subarray(at, to));
    else if (field?.message && same.length > 1) parts.push(...merged(bytes, same));
    else {
      const { at, end: to } = same.at(-1) as Piece;
      parts.push(bytes.subarray(at, to));
    }
    i = next;
  }
  return Buffer.concat([...parts, bytes.subarray(rest, end)]);
}

interface Piece {
  readonly order: number;
  /** Of a known field that does not repeat. */
  readonly once: boolean;
  readonly field: MessageField | undefined;
  readonly at: number;
  /** Of the value, behind tag and length. */
  readonly start: number;
  readonly end: number;
}

/** Several values of one message field as one. */
function merged(bytes: Uint8Array, pieces: readonly Piece[]): Uint8Array[] {
  const values = pieces.map(({ start, end }) => bytes.subarray(start, end));
  const length = values.reduce((sum, value) => sum + value.length, 0);
  const number = ((pieces[0] as Piece).field as MessageField).number;
  return [Uint8Array.from([...varintOf(number * 8 + 2), ...varintOf(length)]), ...values];
}
