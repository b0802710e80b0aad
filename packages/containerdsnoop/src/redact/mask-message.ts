import { knownField } from '../decode/protobuf/order.js';
import { findAny } from '../decode/protobuf/special.js';
import { looksLikeMessage, looksLikeText, UNKNOWN_TYPE } from '../decode/protobuf/unknown.js';
import { WireReader } from '../decode/protobuf/wire-reader.js';
import { KIND, type MessageField, type MessageType, type Schema } from '../decode/schema/schema.js';
import { maskJson, overwrite } from './mask-json.js';
import { soundsSecret } from './names.js';
import {
  isBinary,
  isSuspicious,
  redactArgument,
  redactText,
  redactVariable,
  sameLength,
} from './text.js';

const X = 0x78;
const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
const MAX_DEPTH = 48;

/**
 * A copy of a message with its secrets overwritten and all lengths kept, so that it still is that
 * message for whoever parses it. Hides at least what `MessagePrinter` hides; where bytes are no
 * message of their type, or cut, all of what cannot be told is overwritten.
 *
 * @param type null or undefined when it is not known: numbers and structure stay then
 */
export function maskMessage(
  bytes: Uint8Array,
  type: MessageType | null | undefined,
  schema: Pick<Schema, 'type'>,
): Buffer {
  const copy = Buffer.from(bytes);
  new Masker(copy, schema).message(new WireReader(copy), type ?? UNKNOWN_TYPE, false, 0);
  return copy;
}

class Masker {
  readonly #bytes: Buffer;
  readonly #schema: Pick<Schema, 'type'>;
  #previous: string | null = null;

  constructor(bytes: Buffer, schema: Pick<Schema, 'type'>) {
    this.#bytes = bytes;
    this.#schema = schema;
  }

  message(reader: WireReader, type: MessageType, hide: boolean, depth: number): void {
    if (depth > MAX_DEPTH) return this.#fill(reader.at, reader.end);
    if (type.shown === 'any') return this.#any(reader, hide, depth);
    while (reader.next()) this.#field(reader, type, hide, depth);
    // Half a value, or bytes that are none.
    if (reader.state !== 'end') this.#fill(reader.tagAt, reader.end);
  }

  #field(reader: WireReader, type: MessageType, hide: boolean, depth: number): void {
    const { start, stop } = reader;
    const field = knownField(type, reader);
    if (reader.wire !== 2) {
      const tells = field?.kind !== KIND.bool && field?.kind !== KIND.enum;
      if (tells && (hide || field?.redact === 'hide')) this.#number(reader);
    } else if (field === undefined) {
      // Text may happen to be a message, and could be told from its numbers.
      const text = looksLikeText(this.#bytes, start, stop);
      if (!text && looksLikeMessage(this.#bytes, start, stop)) {
        this.message(new WireReader(this.#bytes, start, stop), UNKNOWN_TYPE, hide, depth + 1);
      } else this.#fill(start, stop);
    } else if (field.map !== null) this.#entry(start, stop, field, hide, depth);
    else if (field.message !== null) {
      const inside = hide || field.redact === 'hide';
      this.message(new WireReader(this.#bytes, start, stop), field.message, inside, depth + 1);
    } else this.#span(field, start, stop, hide);
  }

  /** The digits of a number, in as many bytes as before. */
  #number({ wire, at, tagAt }: WireReader): void {
    const width = wire === 1 ? 8 : wire === 5 ? 4 : 0;
    if (width > 0) return void this.#bytes.fill(0, at - width, at);
    let from = tagAt;
    while (((this.#bytes[from] as number) & 0x80) !== 0) from++;
    // All but the last byte of a varint say that another one follows.
    for (let i = from + 1; i < at; i++) this.#bytes[i] = i < at - 1 ? 0x80 : 0;
  }

  #entry(start: number, stop: number, map: MessageField, hide: boolean, depth: number): void {
    const reader = new WireReader(this.#bytes, start, stop);
    let secret = hide || map.redact === 'hide';
    while (reader.next()) {
      if (reader.field === 1 && reader.wire === 2 && map.redact === 'keyed') {
        secret ||= soundsSecret(this.#bytes.toString('latin1', reader.start, reader.stop));
      }
    }
    reader.at = start;
    while (reader.next()) {
      // Keys stay: names of variables and labels tell nothing.
      if (reader.field !== 1) this.#field(reader, map.message as MessageType, secret, depth);
    }
    if (reader.state !== 'end') this.#fill(reader.tagAt, stop);
  }

  #span(field: MessageField, start: number, stop: number, hide: boolean): void {
    const { redact } = field;
    if (field.wire !== 2) {
      // Packed numbers.
      if (hide || redact === 'hide') this.#fill(start, stop);
    } else if (hide || redact === 'hide' || redact === 'size' || field.kind === KIND.bytes) {
      this.#fill(start, stop);
    } else this.#text(redact, start, stop);
  }

  #text(redact: MessageField['redact'], start: number, stop: number): void {
    const characters = this.#bytes.toString('latin1', start, stop);
    const suspicious = isSuspicious(characters);
    if (suspicious && isBinary(characters)) return this.#fill(start, stop);
    if (redact === 'env') {
      return overwrite(this.#bytes, start, stop, (text) => redactVariable(text, sameLength));
    }
    if (redact === 'args') {
      const previous = this.#previous;
      this.#previous = this.#bytes.toString('utf8', start, stop);
      return overwrite(this.#bytes, start, stop, (text) =>
        redactArgument(text, previous, sameLength),
      );
    }
    if (this.#isJson(start) && maskJson(this.#bytes, start, stop)) return;
    if (!suspicious) return;
    overwrite(this.#bytes, start, stop, (text) => redactText(text, sameLength));
  }

  #any(reader: WireReader, hide: boolean, depth: number): void {
    const { name, value, state } = findAny(reader);
    const url = this.#bytes.toString('latin1', name.start, name.stop);
    const type = this.#schema.type(url.slice(url.lastIndexOf('/') + 1));
    if (hide || state !== 'end') this.#fill(value.start, value.stop);
    else if (type?.known && this.#bytes[value.start] !== OPEN_OBJECT) {
      this.message(new WireReader(this.#bytes, value.start, value.stop), type, hide, depth + 1);
    } else if (!this.#isJson(value.start) || !maskJson(this.#bytes, value.start, value.stop)) {
      this.#fill(value.start, value.stop);
    }
  }

  #isJson(at: number): boolean {
    return this.#bytes[at] === OPEN_OBJECT || this.#bytes[at] === OPEN_LIST;
  }

  #fill(start: number, stop: number): void {
    this.#bytes.fill(X, start, stop);
  }
}
