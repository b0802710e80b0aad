import type { JsonWriter } from '@imagesnoop/output';
import { KIND, type MessageField } from '../schema/schema.js';
import type { Format } from './format.js';
import type { WireReader } from './wire-reader.js';

const words = new Int32Array(2);
const single = new Float32Array(words.buffer);
const double = new Float64Array(words.buffer);

/**
 * Writes the number, truth value or enum value that `reader` has just read. 64-bit integers beyond
 * 2^53 become text, since a JSON number would be rounded.
 */
export function writeNumber(field: MessageField, { low, high }: WireReader, format: Format): void {
  const { writer } = format;
  switch (field.kind) {
    case KIND.int32:
    case KIND.sfixed32:
      return writer.int(low);
    case KIND.uint32:
    case KIND.fixed32:
      return writer.uint(low >>> 0);
    case KIND.sint32:
      return writer.int((low >>> 1) ^ -(low & 1));
    case KIND.int64:
    case KIND.sfixed64:
      return writeSigned(format, low, high);
    case KIND.uint64:
    case KIND.fixed64:
      return writeUnsigned(format, low, high);
    case KIND.sint64: {
      const sign = -(low & 1);
      return writeSigned(format, ((low >>> 1) | (high << 31)) ^ sign, (high >>> 1) ^ sign);
    }
    case KIND.bool:
      return writer.bool((low | high) !== 0);
    case KIND.enum: {
      const name = field.enumeration?.values.get(low);
      return name === undefined ? writer.int(low) : format.enumName(name);
    }
    case KIND.float:
      words[0] = low;
      return writeFloat(writer, single[0] as number, shortest(single[0] as number));
    case KIND.double:
      words[0] = low;
      words[1] = high;
      return writeFloat(writer, double[0] as number, `${double[0]}`);
    default:
      return writer.null();
  }
}

/** A number of 64 bits from its halves. */
export function writeUnsigned(format: Format, low: number, high: number): void {
  if (high >>> 0 < 1 << 21) format.writer.uint((high >>> 0) * 2 ** 32 + (low >>> 0));
  else writeLarge(format, low >>> 0, high >>> 0, false);
}

export function writeSigned(format: Format, low: number, high: number): void {
  const value = high * 2 ** 32 + (low >>> 0);
  if (Number.isSafeInteger(value)) format.writer.int(value);
  else if (high >= 0) writeLarge(format, low >>> 0, high, false);
  // The two halves of its absolute value.
  else writeLarge(format, -low >>> 0, (low === 0 ? -high : ~high) >>> 0, true);
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const BILLION = 1e9;

/** Times in nanoseconds are such numbers, and come by the thousand: no BigInt, no string. */
function writeLarge(format: Format, low: number, high: number, negative: boolean): void {
  const { writer, quotesLarge } = format;
  // Long division by 10^9, in steps that stay below 2^53.
  const upper = (high % BILLION) * 2 ** 16 + (low >>> 16);
  const lower = (upper % BILLION) * 2 ** 16 + (low & 0xffff);
  const billions =
    Math.floor(high / BILLION) * 2 ** 32 +
    Math.floor(upper / BILLION) * 2 ** 16 +
    Math.floor(lower / BILLION);
  if (quotesLarge) writer.byte(QUOTE);
  if (negative) writer.byte(MINUS);
  writer.uint(billions);
  let rest = lower % BILLION;
  for (let place = BILLION / 10; place >= 1; place /= 10) {
    const digit = Math.floor(rest / place);
    writer.byte(ZERO + digit);
    rest -= digit * place;
  }
  if (quotesLarge) writer.byte(QUOTE);
}

/** Names as protojson has them for what JSON cannot express. */
function writeFloat(writer: JsonWriter, value: number, text: string): void {
  if (Number.isFinite(value)) writer.string(Object.is(value, -0) ? '-0' : text);
  else writer.quoted(`${value}`);
}

/** The shortest text that is this number of 32 bits. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return `${text}`;
  }
  return `${value}`;
}

/** The value that a scalar has when it is not on the wire. */
export function writeDefault(field: MessageField, format: Format): void {
  if (field.kind === KIND.string || field.kind === KIND.bytes) format.writer.quoted('');
  else if (field.kind === KIND.bool) format.writer.bool(false);
  else if (field.kind === KIND.enum) {
    const name = field.enumeration?.values.get(0);
    if (name === undefined) format.writer.uint(0);
    else format.enumName(name);
  } else format.writer.uint(0);
}

/** Years 1 to 9999, what a Timestamp may hold. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** RFC 3339 in UTC with as many digits as needed, or null when out of range. */
export function timestampText(seconds: number, nanos: number): string | null {
  if (!(seconds >= FIRST_SECOND && seconds <= LAST_SECOND)) return null;
  if (!(nanos >= 0 && nanos < 1e9)) return null;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z`;
}

/** Longest Duration: 10,000 years. */
const MAX_DURATION_S = 315_576_000_000;

/** Seconds with as many digits as needed, as protojson has it: `1.5s`; null when out of range. */
export function durationText(seconds: number, nanos: number): string | null {
  if (!(Math.abs(seconds) <= MAX_DURATION_S && Math.abs(nanos) < 1e9)) return null;
  if (seconds * nanos < 0) return null;
  const sign = seconds < 0 || nanos < 0 ? '-' : '';
  return `${sign}${Math.abs(seconds)}${fraction(Math.abs(nanos))}s`;
}

function fraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  if (nanos % 1e6 === 0) return `.${digits.slice(0, 3)}`;
  return nanos % 1e3 === 0 ? `.${digits.slice(0, 6)}` : `.${digits}`;
}
