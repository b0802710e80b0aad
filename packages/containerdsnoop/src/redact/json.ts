import type { JsonWriter } from '@imagesnoop/output';
import { type JsonHandler, OPEN_LIST, OPEN_OBJECT, type Place, walkJson } from './json-walk.js';
import { isSuspicious, REDACTED, redactArgument, redactText, redactVariable } from './text.js';

/**
 * Writes JSON that others made again, without its blanks and, if asked to, without secrets: values
 * of environments and of members whose names sound secret, and what `redactText()` finds anywhere.
 * JSON in strings is looked through as well.
 *
 * @returns false, having written nothing, when the bytes are not JSON
 */
export function writeJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  writer: JsonWriter,
  { redact }: { readonly redact: boolean },
): boolean {
  const { length } = writer;
  if (walkJson(bytes, start, end, new Copy(writer, redact))) return true;
  writer.length = length;
  return false;
}

/**
 * Any text without secrets: JSON in it is looked through member by member (annotations have it,
 * `kubectl apply` puts whole objects there), other text by `redactText()`.
 *
 * @param scratch is written to, and left as it was
 */
export function redactValue(text: string, scratch: JsonWriter): string {
  const first = text.charCodeAt(0);
  if ((first === OPEN_OBJECT || first === OPEN_LIST) && text.length > 2) {
    const bytes = Buffer.from(text);
    const from = scratch.length;
    if (writeJson(bytes, 0, bytes.length, scratch, { redact: true })) {
      const result = scratch.bytes.toString('utf8', from, scratch.length);
      scratch.length = from;
      return result;
    }
  }
  return isSuspicious(text) ? redactText(text) : text;
}

class Copy implements JsonHandler {
  readonly #writer: JsonWriter;
  readonly #redact: boolean;

  constructor(writer: JsonWriter, redact: boolean) {
    this.#writer = writer;
    this.#redact = redact;
  }

  mark(byte: number): void {
    this.#writer.byte(byte);
  }

  name(text: string): void {
    this.#writer.quoted(text);
  }

  string(text: string, place: Place, previous: string | null): void {
    this.#writer.quoted(this.#redact && text !== '' ? this.#shown(text, place, previous) : text);
  }

  literal(text: string, place: Place): void {
    const isNumber = text.charCodeAt(0) < 0x41;
    if (this.#redact && place === 'secret' && isNumber) this.#writer.quoted(REDACTED);
    else this.#writer.string(text);
  }

  #shown(text: string, place: Place, previous: string | null): string {
    if (place === 'secret') return REDACTED;
    if (place === 'environment') return redactVariable(text);
    if (place === 'arguments') return redactArgument(text, previous);
    return redactValue(text, this.#writer);
  }
}
