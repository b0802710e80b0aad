import { type JsonHandler, type Place, type RawString, walkJson } from './json-walk.js';
import { isSuspicious, redactArgument, redactText, redactVariable, sameLength } from './text.js';

const X = 0x78;
const ZERO = 0x30;

/**
 * Overwrites the secrets in JSON where they lie, so that it stays JSON of the same length.
 *
 * @returns false when it is no JSON; what comes before the mistake may have been overwritten
 */
export function maskJson(bytes: Uint8Array, start: number, end: number): boolean {
  return walkJson(bytes, start, end, new Masking(bytes));
}

/** Overwrites text with what `redact` makes of it, which has to be of the same length. */
export function overwrite(
  bytes: Uint8Array,
  start: number,
  end: number,
  redact: (text: string) => string,
): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  const masked = redact(text);
  if (masked === text) return;
  const replacement = Buffer.from(masked);
  // Bytes that are no UTF-8 have another length as text.
  if (replacement.length === end - start) bytes.set(replacement, start);
  else bytes.fill(X, start, end);
}

class Masking implements JsonHandler {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  mark(): void {}

  name(): void {}

  string(text: string, place: Place, previous: string | null, raw: RawString): void {
    const { start, end, escaped } = raw;
    if (place === 'secret') this.#bytes.fill(X, start, end);
    else if (escaped) {
      // JSON within JSON among others: what is to stay of it cannot be told in place.
      const first = text.charCodeAt(0);
      if (first === 0x7b || first === 0x5b || isSuspicious(text)) this.#bytes.fill(X, start, end);
    } else if (place === 'environment') {
      overwrite(this.#bytes, start, end, (each) => redactVariable(each, sameLength));
    } else if (place === 'arguments') {
      overwrite(this.#bytes, start, end, (each) => redactArgument(each, previous, sameLength));
    } else if (isSuspicious(text)) {
      overwrite(this.#bytes, start, end, (each) => redactText(each, sameLength));
    }
  }

  literal(text: string, place: Place, start: number, end: number): void {
    if (place !== 'secret' || text.charCodeAt(0) >= 0x41) return;
    // A number that begins with 0 has to be a fraction, and an exponent may follow nothing else.
    this.#bytes.fill(ZERO + 1, start, end);
  }
}
