import { type Prepared, prepare } from './byte-writer.js';
import type { JsonWriter } from './json-writer.js';

/** Names of programs, methods, states: few of them make up most rows. */
const MAX_TEXTS = 256;
/** Longer text hardly comes again. */
const MAX_CHARACTERS = 256;

/** Writes texts as JSON, and those that came first without looking at their characters again. */
export class FewTexts {
  readonly #known = new Map<string, Prepared>();

  write(text: string, out: JsonWriter): void {
    const known = this.#known.get(text);
    if (known !== undefined) return out.prepared(known);
    const from = out.length;
    out.quoted(text);
    if (this.#known.size < MAX_TEXTS && text.length <= MAX_CHARACTERS) {
      this.#known.set(text, prepare(out.bytes.subarray(from, out.length)));
    }
  }
}
