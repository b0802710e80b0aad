import type { JsonWriter } from '@imagesnoop/output';
import { soundsSecret } from './names.js';
import { isSuspicious, REDACTED, redactArgument, redactText, redactVariable } from './text.js';

/** Deeper JSON is not written. */
const MAX_DEPTH = 64;

export interface JsonOptions {
  /** Whether secrets are taken out. */
  readonly redact: boolean;
}

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
  { redact }: JsonOptions,
): boolean {
  const length = writer.length;
  const copier = new Copier(bytes, start, end, writer, redact);
  if (copier.document()) return true;
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
  if ((first === OPEN_OBJECT || first === OPEN_ARRAY) && text.length > 2) {
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

/** What the member or element that is being read belongs to. */
type Place =
  | 'any'
  /** Inside of a member whose name sounds secret. */
  | 'secret'
  /** Elements of an environment: `NAME=value`, or objects with name and value. */
  | 'environment'
  /** Elements of a command line. */
  | 'arguments';

const ENVIRONMENT = /^(env|envs|environment)$/i;
const ARGUMENTS = /^(args|cmd|command|argv|entrypoint)$/i;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

class Copier {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #writer: JsonWriter;
  readonly #redact: boolean;
  #at: number;

  constructor(bytes: Uint8Array, at: number, end: number, writer: JsonWriter, redact: boolean) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#writer = writer;
    this.#redact = redact;
  }

  document(): boolean {
    if (!this.#value('any', 0, null)) return false;
    this.#skipBlanks();
    return this.#at === this.#end;
  }

  #value(place: Place, depth: number, previous: string | null): boolean {
    if (depth > MAX_DEPTH) return false;
    this.#skipBlanks();
    const first = this.#bytes[this.#at];
    if (this.#at >= this.#end) return false;
    if (first === QUOTE) return this.#string(place, previous);
    if (first === OPEN_OBJECT) return this.#object(place, depth);
    if (first === OPEN_ARRAY) return this.#array(place, depth);
    return this.#literal(place);
  }

  #object(place: Place, depth: number): boolean {
    this.#at++;
    this.#writer.byte(OPEN_OBJECT);
    this.#skipBlanks();
    for (let first = true; this.#peek() !== CLOSE_OBJECT; first = false) {
      if (!first) {
        if (!this.#take(COMMA)) return false;
        this.#writer.byte(COMMA);
        this.#skipBlanks();
      }
      const name = this.#text();
      if (name === null) return false;
      this.#writer.quoted(name);
      this.#skipBlanks();
      if (!this.#take(COLON)) return false;
      this.#writer.byte(COLON);
      if (!this.#value(this.#placeOf(name, place), depth + 1, null)) return false;
      this.#skipBlanks();
    }
    this.#at++;
    this.#writer.byte(CLOSE_OBJECT);
    return true;
  }

  #array(place: Place, depth: number): boolean {
    this.#at++;
    this.#writer.byte(OPEN_ARRAY);
    this.#skipBlanks();
    let previous: string | null = null;
    for (let first = true; this.#peek() !== CLOSE_ARRAY; first = false) {
      if (!first) {
        if (!this.#take(COMMA)) return false;
        this.#writer.byte(COMMA);
        this.#skipBlanks();
      }
      const at = this.#at;
      if (!this.#value(place, depth + 1, previous)) return false;
      if (place === 'arguments') previous = this.#textBetween(at, this.#at);
      this.#skipBlanks();
    }
    this.#at++;
    this.#writer.byte(CLOSE_ARRAY);
    return true;
  }

  #placeOf(name: string, outside: Place): Place {
    if (!this.#redact || outside === 'secret') return outside;
    // Elements of an environment as objects: {"name": "A", "value": "b"}.
    if (outside === 'environment') return /^(name|key)$/i.test(name) ? 'any' : 'secret';
    if (ENVIRONMENT.test(name)) return 'environment';
    if (ARGUMENTS.test(name)) return 'arguments';
    return soundsSecret(name) ? 'secret' : 'any';
  }

  #string(place: Place, previous: string | null): boolean {
    const text = this.#text();
    if (text === null) return false;
    if (!this.#redact || text === '') this.#writer.quoted(text);
    else if (place === 'secret') this.#writer.quoted(REDACTED);
    else if (place === 'environment') this.#writer.quoted(redactVariable(text));
    else if (place === 'arguments') this.#writer.quoted(redactArgument(text, previous));
    else this.#writer.quoted(redactValue(text, this.#writer));
    return true;
  }

  #literal(place: Place): boolean {
    const { length } = this.#writer;
    const from = this.#at;
    while (this.#at < this.#end && isLiteral(this.#bytes[this.#at] as number)) this.#at++;
    if (this.#at - from > 400) return false;
    const text = Buffer.from(this.#bytes.subarray(from, this.#at)).toString('latin1');
    if (NUMBER.test(text)) {
      if (place === 'secret') this.#writer.quoted(REDACTED);
      else this.#writer.string(text);
    } else if (text === 'true' || text === 'false' || text === 'null') this.#writer.string(text);
    return this.#writer.length > length;
  }

  /** The string at the current place, or null when there is none that is whole. */
  #text(): string | null {
    const from = this.#at;
    if (this.#peek() !== QUOTE) return null;
    let escaped = false;
    let at = from + 1;
    for (; at < this.#end && this.#bytes[at] !== QUOTE; at++) {
      const byte = this.#bytes[at] as number;
      if (byte < 0x20) return null;
      if (byte === BACKSLASH) {
        escaped = true;
        at++;
      }
    }
    if (at >= this.#end) return null;
    this.#at = at + 1;
    if (escaped) return unescaped(this.#between(from, this.#at));
    return this.#between(from + 1, at);
  }

  #textBetween(from: number, to: number): string | null {
    return this.#bytes[from] === QUOTE ? unescaped(this.#between(from, to)) : null;
  }

  #between(from: number, to: number): string {
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + from, to - from).toString('utf8');
  }

  #peek(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }

  #take(byte: number): boolean {
    if (this.#peek() !== byte) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    }
  }
}

/** A string of JSON with its escapes resolved, or null when they are wrong. */
function unescaped(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

function isLiteral(byte: number): boolean {
  return byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte >= 0x30 && byte <= 0x7a);
}
