import { redactValue, writeJson } from '../../redact/json.js';
import { soundsSecret } from '../../redact/names.js';
import { maySuspect } from '../../redact/suspicion.js';
import { isBinary, REDACTED, redactArgument, redactVariable } from '../../redact/text.js';
import { KIND, type MessageField } from '../schema/schema.js';
import type { Format } from './format.js';
import { writeNumber } from './scalars.js';
import type { WireReader } from './wire-reader.js';

const OPEN_OBJECT = 0x7b;
const OPEN_LIST = 0x5b;
/** Labels repeat: whether their names sound secret is remembered for this many. */
const MAX_NAMES = 4096;

/** Writes single values, without the secrets among them if asked to. */
export class ValueWriter {
  readonly redact: boolean;
  /** More than 0 inside of something that is hidden altogether. */
  hidden = 0;
  /** The argument before this one, of a command line. */
  previous: string | null = null;
  readonly #format: Format;
  readonly #names = new Map<string, boolean>();

  constructor(format: Format, redact: boolean) {
    this.#format = format;
    this.redact = redact;
  }

  get isHidden(): boolean {
    return this.redact && this.hidden > 0;
  }

  redacted(): void {
    this.#format.writer.quoted(REDACTED);
  }

  /** In place of content. */
  size(bytes: number): void {
    this.#format.writer.quoted(`<${bytes} bytes>`);
  }

  number(field: MessageField, reader: WireReader): void {
    const tells = field.kind !== KIND.bool && field.kind !== KIND.enum;
    if (tells && this.redact && (this.hidden > 0 || field.redact === 'hide')) this.redacted();
    else writeNumber(field, reader, this.#format);
  }

  /**
   * The text or the bytes that `reader` is at.
   *
   * @param cut the value goes on where nothing was captured: no pattern is sure to match then
   */
  span(field: MessageField, { bytes, start, stop }: WireReader, cut: boolean): void {
    const { redact } = field;
    const text = field.kind === KIND.string;
    if (!this.redact) {
      if (text) this.#format.writer.text(bytes, start, stop);
      else this.#format.blob(bytes, start, stop);
    } else if (this.hidden > 0 || redact === 'hide') this.redacted();
    else if (!text || redact === 'size' || cut) this.size(stop - start);
    else this.#text(field, bytes, start, stop);
  }

  #text({ redact }: MessageField, bytes: Uint8Array, start: number, stop: number): void {
    const { writer } = this.#format;
    const suspicious = maySuspect(bytes, start, stop);
    if (suspicious && isBinary(this.latin1(bytes, start, stop))) return this.size(stop - start);
    if (redact === 'env') return writer.quoted(redactVariable(utf8(bytes, start, stop)));
    if (redact === 'args') {
      const argument = utf8(bytes, start, stop);
      const shown = redactArgument(argument, this.previous);
      this.previous = argument;
      return writer.quoted(shown);
    }
    const first = bytes[start];
    const json = first === OPEN_OBJECT || first === OPEN_LIST;
    if (!json && !suspicious) return writer.text(bytes, start, stop);
    writer.quoted(redactValue(utf8(bytes, start, stop), writer));
  }

  /** Bytes whose kind is not known: JSON if they are JSON. */
  content(bytes: Uint8Array, start: number, stop: number, cut: boolean): void {
    if (this.isHidden) return this.redacted();
    const { writer } = this.#format;
    const first = bytes[start];
    const json = !cut && (first === OPEN_OBJECT || first === OPEN_LIST);
    if (json && writeJson(bytes, start, stop, writer, this)) return;
    if (this.redact) this.size(stop - start);
    else this.#format.blob(bytes, start, stop);
  }

  /** Whether a label, an annotation or another entry of a map is hidden because of its key. */
  sounds(name: string): boolean {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    const secret = soundsSecret(name);
    this.#names.set(name, secret);
    return secret;
  }

  /** Each byte as a character: enough to compare and to search. */
  latin1(bytes: Uint8Array, start: number, stop: number): string {
    return view(bytes).latin1Slice(start, stop);
  }
}

/** Buffer's own slicing, without the checks around it; @types/node leaves it out. */
interface Slicing {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

function view(bytes: Uint8Array): Slicing {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer as unknown as Slicing;
}

function utf8(bytes: Uint8Array, start: number, stop: number): string {
  return view(bytes).utf8Slice(start, stop);
}
