/**
 * The protobuf wire format (protobuf.dev/programming-guides/encoding), as far as a client needs
 * it that reads a few fields of a few messages: fields are looked up by number, all others are
 * passed over undecoded. That matters here: a container's specification, with the secrets in its
 * environment, arrives in the same messages as its name and never becomes a string of ours.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Thrown for bytes that are no message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** One message, its fields found but not decoded. The bytes must not change meanwhile. */
export class Message {
  readonly #fields = new Map<number, (number | Uint8Array)[]>();

  /** Throws WireError when the bytes end inside a field or hold a type that proto3 has not. */
  constructor(bytes: Uint8Array) {
    let at = 0;
    const varint = (): number => {
      let value = 0;
      for (let factor = 1, read = 0; read < 10; factor *= 128, read++) {
        const byte = bytes[at++];
        if (byte === undefined) throw new WireError('message ends inside a number');
        // Numbers beyond 2^53 lose digits; none of the fields we read is that large.
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
      throw new WireError('number longer than ten bytes');
    };
    const slice = (length: number): Uint8Array => {
      if (length > bytes.length - at) throw new WireError('message ends inside a field');
      at += length;
      return bytes.subarray(at - length, at);
    };
    while (at < bytes.length) {
      const tag = varint();
      const number = Math.floor(tag / 8);
      const type = tag % 8;
      if (type === VARINT) this.#add(number, varint());
      else if (type === BYTES) this.#add(number, slice(varint()));
      else if (type === FIXED64) slice(8);
      else if (type === FIXED32) slice(4);
      else throw new WireError(`field ${number} has wire type ${type}`);
    }
  }

  /** An integer or boolean field; 0 when absent. */
  number(field: number): number {
    const value = this.#fields.get(field)?.at(-1);
    return typeof value === 'number' ? value : 0;
  }

  /** A string field; '' when absent. */
  text(field: number): string {
    return decoder.decode(this.bytes(field));
  }

  /** A repeated string field. */
  texts(field: number): string[] {
    const values = this.#fields.get(field) ?? [];
    return values.flatMap((value) => (typeof value === 'number' ? [] : [decoder.decode(value)]));
  }

  /** A bytes field; none when absent. */
  bytes(field: number): Uint8Array {
    const value = this.#fields.get(field)?.at(-1);
    return value instanceof Uint8Array ? value : new Uint8Array();
  }

  /** A message field; the empty message when absent. */
  message(field: number): Message {
    return this.messages(field).at(-1) ?? new Message(new Uint8Array());
  }

  /** A repeated message field. */
  messages(field: number): Message[] {
    const values = this.#fields.get(field) ?? [];
    return values.flatMap((value) => (typeof value === 'number' ? [] : [new Message(value)]));
  }

  /** A map<string, string> field: on the wire, repeated messages of key and value. */
  map(field: number): Record<string, string> {
    const entries = this.messages(field).map((entry) => [entry.text(1), entry.text(2)] as const);
    return Object.fromEntries(entries);
  }

  #add(field: number, value: number | Uint8Array): void {
    const values = this.#fields.get(field);
    if (values === undefined) this.#fields.set(field, [value]);
    else values.push(value);
  }
}

/** A field's value: messages nest as their bytes, and arrays repeat the field. */
export type Value = string | boolean | number | Uint8Array | readonly Value[];

/** A message by field number. Numbers are non-negative integers. */
export function encode(fields: Readonly<Record<number, Value>>): Uint8Array {
  const bytes = Object.entries(fields).flatMap(([number, value]) => fieldOf(Number(number), value));
  return Uint8Array.from(bytes);
}

function fieldOf(number: number, value: Value): number[] {
  const tag = number * 8;
  if (typeof value === 'boolean') return fieldOf(number, value ? 1 : 0);
  if (typeof value === 'number') return [...varintOf(tag + VARINT), ...varintOf(value)];
  if (typeof value === 'string') return fieldOf(number, encoder.encode(value));
  if (value instanceof Uint8Array) {
    return [...varintOf(tag + BYTES), ...varintOf(value.length), ...value];
  }
  return value.flatMap((each) => fieldOf(number, each));
}

function varintOf(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varintOf(Math.floor(value / 128))];
}
