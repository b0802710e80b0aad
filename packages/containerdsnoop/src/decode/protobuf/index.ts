import type { JsonWriter } from '@imagesnoop/output';
import type { MessageType, Schema } from '../schema/schema.js';
import { JsonFormat, TextFormat } from './format.js';
import { Renderer } from './renderer.js';
import { UNKNOWN_TYPE } from './unknown.js';

export interface PrinterOptions {
  /** Whether secrets are hidden. Default true. */
  readonly redact?: boolean;
}

export interface TextOptions {
  /** Most characters of the line; default all. A longer one is cut behind a whole character. */
  readonly maxCharacters?: number;
}

/**
 * Shows messages as JSON or as one line of text, straight from their bytes. Never throws: bytes that
 * are no message of their type, or only the beginning of one, are shown as far as they go, with a
 * member `@cut` or `@malformed`. Fields that the schema has not are shown by their number.
 *
 * @example
 * const printer = new MessagePrinter(schema);
 * printer.text(Buffer.from('0a03776562', 'hex'), schema.type('runtime.v1.ImageSpec')); // image:"web"
 */
export class MessagePrinter {
  readonly #schema: Pick<Schema, 'type'>;
  readonly #redact: boolean;
  readonly #texts = new Map<number, { format: TextFormat; renderer: Renderer }>();
  readonly #jsons = new WeakMap<JsonWriter, Renderer>();

  constructor(schema: Pick<Schema, 'type'>, { redact = true }: PrinterOptions = {}) {
    this.#schema = schema;
    this.#redact = redact;
  }

  /**
   * Appends the message as a JSON object. Without a type, all fields are shown by their numbers.
   *
   * @param writer the same one each time costs least
   */
  json(bytes: Uint8Array, type: MessageType | null | undefined, writer: JsonWriter): void {
    let renderer = this.#jsons.get(writer);
    if (renderer === undefined) {
      renderer = new Renderer(this.#schema, new JsonFormat(writer), { redact: this.#redact });
      this.#jsons.set(writer, renderer);
    }
    renderer.render(bytes, type ?? UNKNOWN_TYPE);
  }

  /** The message as one line of text, close to protobuf's text format; '' when it is empty. */
  text(
    bytes: Uint8Array,
    type: MessageType | null | undefined,
    { maxCharacters = Number.POSITIVE_INFINITY }: TextOptions = {},
  ): string {
    const { format, renderer } = this.#text(maxCharacters);
    format.writer.clear();
    renderer.render(bytes, type ?? UNKNOWN_TYPE);
    return firstCharacters(format.writer.view(), maxCharacters);
  }

  #text(maxCharacters: number): { format: TextFormat; renderer: Renderer } {
    const known = this.#texts.get(maxCharacters);
    if (known !== undefined) return known;
    const format = new TextFormat();
    // A character takes four bytes at most.
    const options = { redact: this.#redact, maxBytes: maxCharacters * 4 };
    const made = { format, renderer: new Renderer(this.#schema, format, options) };
    // Callers have one limit or two.
    if (this.#texts.size > 4) this.#texts.clear();
    this.#texts.set(maxCharacters, made);
    return made;
  }
}

/** The first characters (code points) of UTF-8 text. */
function firstCharacters(text: Buffer, count: number): string {
  if (text.length <= count) return text.toString();
  let at = 0;
  for (let left = count; at < text.length; at++) {
    if (((text[at] as number) & 0xc0) !== 0x80 && left-- === 0) break;
  }
  return text.toString('utf8', 0, at);
}
