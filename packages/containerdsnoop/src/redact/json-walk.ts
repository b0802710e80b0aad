import { soundsSecret } from './names.js';

/** Deeper JSON is taken for no JSON. */
const MAX_DEPTH = 64;

/** What a value in JSON belongs to, by the names around it. */
export type Place =
  | 'any'
  /** Inside of a member whose name sounds secret. */
  | 'secret'
  /** Elements of an environment: `NAME=value`, or objects with name and value. */
  | 'environment'
  /** Elements of a command line. */
  | 'arguments';

/** Is told what is found, in order. */
export interface JsonHandler {
  /** A brace, a bracket, a comma, a colon. */
  mark(byte: number): void;
  /** The name of a member. */
  name(text: string): void;
  /**
   * A string. Its text begins at `start` and ends before `end`, between the quotes, as it is unless
   * `escaped`.
   *
   * @param previous the string before it in the same list of arguments
   */
  string(text: string, place: Place, previous: string | null, raw: RawString): void;
  /** A number, or true, false, null. */
  literal(text: string, place: Place, start: number, end: number): void;
}

export interface RawString {
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
}

const ENVIRONMENT = /^(env|envs|environment)$/i;
const ARGUMENTS = /^(args|cmd|command|argv|entrypoint)$/i;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
export const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
export const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const LITERAL = /^(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/;
const MAX_LITERAL = 400;

/**
 * Walks JSON where it lies.
 *
 * @returns whether all of it is JSON; the handler has been told of what is before the first mistake
 */
export function walkJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  handler: JsonHandler,
): boolean {
  return new Walk(bytes, start, end, handler).document();
}

class Walk {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #handler: JsonHandler;
  #at: number;

  constructor(bytes: Uint8Array, at: number, end: number, handler: JsonHandler) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#handler = handler;
  }

  document(): boolean {
    if (!this.#value('any', 0, null)) return false;
    this.#skipBlanks();
    return this.#at === this.#end;
  }

  #value(place: Place, depth: number, previous: string | null): boolean {
    if (depth > MAX_DEPTH) return false;
    this.#skipBlanks();
    const first = this.#peek();
    if (first === QUOTE) {
      const found = this.#string();
      if (found === null) return false;
      this.#handler.string(found.text, place, previous, found);
      return true;
    }
    if (first === OPEN_OBJECT) return this.#list(CLOSE_OBJECT, () => this.#member(place, depth));
    if (first !== OPEN_LIST) return this.#literal(place);
    let before: string | null = null;
    return this.#list(CLOSE_LIST, () => {
      const at = this.#at;
      if (!this.#value(place, depth + 1, before)) return false;
      before = place === 'arguments' ? this.#textAt(at) : null;
      return true;
    });
  }

  #list(close: number, each: () => boolean): boolean {
    this.#handler.mark(this.#bytes[this.#at++] as number);
    this.#skipBlanks();
    for (let first = true; this.#peek() !== close; first = false) {
      if (!first && !this.#take(COMMA)) return false;
      this.#skipBlanks();
      if (!each()) return false;
      this.#skipBlanks();
    }
    return this.#take(close);
  }

  #member(place: Place, depth: number): boolean {
    const name = this.#string();
    if (name === null) return false;
    this.#handler.name(name.text);
    this.#skipBlanks();
    return this.#take(COLON) && this.#value(placeOf(name.text, place), depth + 1, null);
  }

  #literal(place: Place): boolean {
    const from = this.#at;
    while (this.#at < this.#end && isLiteral(this.#bytes[this.#at] as number)) this.#at++;
    if (this.#at - from > MAX_LITERAL) return false;
    const text = this.#slice(from, this.#at);
    if (!LITERAL.test(text)) return false;
    this.#handler.literal(text, place, from, this.#at);
    return true;
  }

  /** The string at the current place, or null when there is none that is whole. */
  #string(): (RawString & { text: string }) | null {
    if (this.#peek() !== QUOTE) return null;
    const start = this.#at + 1;
    let escaped = false;
    let end = start;
    for (; end < this.#end && this.#bytes[end] !== QUOTE; end++) {
      const byte = this.#bytes[end] as number;
      if (byte < 0x20) return null;
      if (byte === BACKSLASH) {
        escaped = true;
        end++;
      }
    }
    if (end >= this.#end) return null;
    this.#at = end + 1;
    const text = escaped ? unescaped(this.#slice(start - 1, end + 1)) : this.#slice(start, end);
    return text === null ? null : { text, start, end, escaped };
  }

  #textAt(at: number): string | null {
    const here = this.#at;
    this.#at = at;
    this.#skipBlanks();
    const text = this.#string()?.text ?? null;
    this.#at = here;
    return text;
  }

  #slice(from: number, to: number): string {
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + from, to - from).toString('utf8');
  }

  #peek(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }

  #take(byte: number): boolean {
    if (this.#peek() !== byte) return false;
    this.#handler.mark(byte);
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

function placeOf(name: string, outside: Place): Place {
  if (outside === 'secret') return 'secret';
  // Elements of an environment as objects: {"name": "A", "value": "b"}.
  if (outside === 'environment') return /^(name|key)$/i.test(name) ? 'any' : 'secret';
  if (ENVIRONMENT.test(name)) return 'environment';
  if (ARGUMENTS.test(name)) return 'arguments';
  return soundsSecret(name) ? 'secret' : 'any';
}

/** A string of JSON with its escapes resolved, or null when they are wrong. */
function unescaped(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

/** Sign, point, digit or letter: no bracket, which may follow directly. */
function isLiteral(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  return isDigit || isLetter || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}
