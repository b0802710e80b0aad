import type { StructLayout } from '@imagesnoop/bpf-core';
import { DecodeError } from './errors.js';
import { type Field, findField, isBytes, isNumber } from './fields.js';
import { readBits, readI64, readIntegers, readSigned, readU64, readUnsigned } from './integers.js';
import type { Cursor, Read, ReadBytes, ReadText, Span } from './record.js';

/** How many bytes of an array field are in use; without it, text ends at its first NUL. */
export interface SpanOptions {
  length?: Read<number>;
}

/**
 * Readers of one struct's fields, made from the object's own BTF, so that a program and its reader
 * cannot disagree about an offset.
 *
 * A reader trusts that the record is at least `size` bytes long: `Tracer.batches()` checks that once
 * per record and counts shorter ones as losses with the cause `decode`; elsewhere call `check()`.
 * A last member `char name[]` may have any length: spans end where the record ends.
 *
 * Names may lead into embedded structs (`header.pid`); the last part alone will do where it is
 * unique (`pid`).
 *
 * @example
 * const layout = tracer.layout('mkdir_event');
 * const pid = layout.u32('pid');
 * const path = layout.text('path', { length: layout.u32('path_length') });
 * for await (const { rows } of tracer.batches()) for (const row of rows) console.log(pid(row), path(row));
 */
export class Layout {
  readonly name: string;
  /** Bytes that every record has; a flexible last member is not counted. */
  readonly size: number;
  readonly struct: StructLayout;

  constructor(struct: StructLayout) {
    this.struct = struct;
    this.name = struct.name;
    this.size = struct.size;
  }

  /** @throws DecodeError `RECORD_TOO_SHORT` unless the record can hold the struct. */
  check(at: Cursor): void {
    if (at.length >= this.size && at.base + at.length <= at.u8.length) return;
    throw new DecodeError(
      'RECORD_TOO_SHORT',
      `record of ${at.length} bytes is shorter than struct ${this.name} (${this.size} bytes)`,
    );
  }

  /** Is there a field of this name? */
  has(name: string): boolean {
    return findField(this.struct, name) !== undefined;
  }

  /** Bytes from the record's beginning to a field's. */
  offsetOf(name: string): number {
    return this.#field(name).offset;
  }

  /** Unsigned integer, enum or bool of up to 4 bytes, bit fields included. */
  u32(name: string): Read<number> {
    const field = this.#number(name, 4);
    return field.bits === undefined ? readUnsigned(field) : readBits(field);
  }

  /** Signed integer of up to 4 bytes. */
  i32(name: string): Read<number> {
    const field = this.#number(name, 4);
    return field.bits === undefined ? readSigned(field) : readBits(field);
  }

  /**
   * Unsigned integer of up to 8 bytes as a number: exact below 2^53, which nanoseconds since boot
   * reach after 104 days and sizes in bytes never; beyond, the nearest double. Use `big` for
   * identifiers.
   */
  u64(name: string): Read<number> {
    const field = this.#number(name, 8);
    return field.size === 8 ? readU64(field) : this.u32(name);
  }

  /** Signed integer of up to 8 bytes as a number, exact between -2^53 and 2^53. */
  i64(name: string): Read<number> {
    const field = this.#number(name, 8);
    return field.size === 8 ? readI64(field) : this.i32(name);
  }

  /** Integer of 8 bytes, exact: cgroup ids, inodes, cookies, pointers. */
  big(name: string): Read<bigint> {
    const field = this.#number(name, 8);
    if (field.size !== 8) throw this.#mismatch(field, 'an integer of 8 bytes');
    return readIntegers(field);
  }

  /** `char[]`: the bytes up to the first NUL, or exactly `length` of them. */
  text(name: string, options: SpanOptions = {}): ReadText {
    return asText(this.#span(name, options, true));
  }

  /** An array of bytes: all of it, or the first `length` bytes. */
  bytes(name: string, options: SpanOptions = {}): ReadBytes {
    const span = this.#span(name, options, false);
    const read = (at: Cursor): Uint8Array => at.u8.subarray(span.start(at), span.end(at));
    return Object.assign(read, span);
  }

  /**
   * Text that stands behind the struct in its record: `length` bytes, directly or after another
   * such text. Bounded by the record, whatever `length` says.
   *
   * @example
   * const argv = layout.tail({ length: layout.u32('argv_length') });
   * const base = layout.tail({ length: layout.u32('base_length'), after: argv });
   */
  tail({ length, after }: { length: Read<number>; after?: Span }): ReadText {
    const { size } = this;
    const start = after === undefined ? (at: Cursor): number => at.base + size : after.end;
    const end = (at: Cursor): number => {
      const from = start(at);
      return Math.max(from, Math.min(from + length(at), at.base + at.length));
    };
    return asText({ start, end });
  }

  #field(name: string): Field {
    const field = findField(this.struct, name);
    if (field !== undefined) return field;
    const names = this.struct.fields.map((other) => other.name).filter((other) => other !== '');
    throw new DecodeError('LAYOUT_NO_FIELD', `struct ${this.name} has no field ${name}`, {
      hint: `Its fields are: ${names.join(', ')}.`,
    });
  }

  #number(name: string, limit: number): Field {
    const field = this.#field(name);
    if (isNumber(field) && field.size <= limit) return field;
    throw this.#mismatch(field, `an integer of at most ${limit} bytes`);
  }

  #span(name: string, { length }: SpanOptions, text: boolean): Span {
    const field = this.#field(name);
    if (!isBytes(field)) throw this.#mismatch(field, 'an array of bytes');
    const { offset } = field;
    const capacity = field.count === 0 ? Number.MAX_SAFE_INTEGER : (field.count ?? field.size);
    const start = (at: Cursor): number => at.base + offset;
    const limit = (at: Cursor): number => Math.min(offset + capacity, at.length) + at.base;
    if (length !== undefined) {
      const end = (at: Cursor): number =>
        Math.max(start(at), Math.min(start(at) + length(at), limit(at)));
      return { start, end };
    }
    if (!text) return { start, end: limit };
    const end = (at: Cursor): number => {
      const stop = limit(at);
      let index = at.base + offset;
      while (index < stop && at.u8[index] !== 0) index++;
      return index;
    };
    return { start, end };
  }

  #mismatch(field: Field, expected: string): DecodeError {
    const found = `${field.kind} of ${field.size} bytes`;
    return new DecodeError(
      'LAYOUT_TYPE',
      `field ${field.name} of struct ${this.name} is not ${expected} but ${found}`,
    );
  }
}

function asText(span: Span): ReadText {
  const read = (at: Cursor): string => at.buffer.toString('utf8', span.start(at), span.end(at));
  return Object.assign(read, span);
}
