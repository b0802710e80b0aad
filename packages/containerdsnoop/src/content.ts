import { bytesText, type JsonWriter } from '@imagesnoop/output';
import type { Headers, Message } from './decode/message.js';
import { MessagePrinter } from './decode/protobuf/index.js';
import type { Schema } from './decode/schema/schema.js';
import { redactBody, redactHeader, redactTarget } from './redact/http.js';
import { redactText } from './redact/text.js';
import type { Content } from './rows.js';

export const NO_CONTENT: Content = {
  text: () => '',
  json: (out) => out.null(),
  as: () => NO_CONTENT,
};

/** A message larger than this gets memory of its own instead of a place in the arena. */
const ARENA_BYTES = 4 << 20;

/** Shows messages: their bytes are copied, since a row outlives the call that hands them over. */
export class Contents {
  readonly #arena = Buffer.allocUnsafeSlow(ARENA_BYTES);
  #used = 0;
  readonly #schema: Schema;
  readonly #redact: boolean;
  readonly #printer: MessagePrinter;

  constructor(schema: Schema, redact: boolean) {
    this.#schema = schema;
    this.#redact = redact;
    this.#printer = new MessagePrinter(schema, { redact });
  }

  /** @param keep beyond the next `forget()` */
  of(message: Message, keep: boolean): Content {
    const { bytes, protocol, type, method } = message;
    if (bytes === null) return NO_CONTENT;
    const copy = keep ? Buffer.from(bytes) : this.#copied(bytes);
    return protocol === 'http' ? this.#body(copy, message) : this.#message(copy, type, method);
  }

  /** What was not to be kept is gone. */
  forget(): void {
    this.#used = 0;
  }

  /** Memory that is used again costs a third of what the garbage collector would take. */
  #copied(bytes: Uint8Array): Buffer {
    const from = this.#used;
    if (from + bytes.length > ARENA_BYTES) return Buffer.from(bytes);
    this.#arena.set(bytes, from);
    this.#used += bytes.length;
    return this.#arena.subarray(from, this.#used);
  }

  #message(bytes: Buffer, side: Message['type'], method: string | null): Content {
    const known = method === null ? undefined : this.#schema.methods.get(method);
    const type = known?.[side];
    return {
      text: (characters) =>
        bytes.length === 0 ? '' : this.#printer.text(bytes, type, { maxCharacters: characters }),
      json: (out) => this.#printer.json(bytes, type, out),
      as: (other) => this.#message(bytes, side, other ?? method),
    };
  }

  /** Free text of the protocol, such as grpc-message. */
  clean(text: string): string {
    return this.#redact ? redactText(text) : text;
  }

  /**
   * Appends what the application has put into the header: no pseudo-headers, none of the protocol's
   * own. Null if there is nothing.
   */
  metadata(headers: Headers | null, out: JsonWriter): void {
    if (headers === null || headers.every(isStandard)) return out.null();
    const shown = this.#redact ? redactHeader : (_name: string, value: string) => value;
    const own = headers.filter((header) => !isStandard(header));
    out.string(
      JSON.stringify(Object.fromEntries(own.map(([name, value]) => [name, shown(name, value)]))),
    );
  }

  /** A method as it may be shown: targets of HTTP have parameters. */
  method(method: string | null, protocol: string): string | null {
    return method !== null && protocol === 'http' && this.#redact ? redactTarget(method) : method;
  }

  #body(bytes: Buffer, { http, missing }: Message): Content {
    const { length } = bytes;
    if (length === 0) return NO_CONTENT;
    const isWhole = missing === 0 && http?.part !== 'raw';
    let shown: string | null | undefined;
    const shownText = (): string => {
      shown ??= redactBody(bytes, http?.target ?? null, isWhole, this.#redact).json;
      return shown ?? JSON.stringify(`<${bytesText(length)}>`);
    };
    const content: Content = {
      json: (out) => out.string(shownText()),
      text: (characters) => [...shownText().slice(0, 2 * characters)].slice(0, characters).join(''),
      as: () => content,
    };
    return content;
  }
}

/** Names repeat: what they are is remembered of this many, if they are no longer than names are. */
const MAX_NAMES = 256;
const MAX_NAME = 64;
const standardNames = new Map<string, boolean>();

function isStandard([name]: Headers[number]): boolean {
  const known = standardNames.get(name);
  if (known !== undefined) return known;
  const standard = STANDARD.test(name);
  if (standardNames.size < MAX_NAMES && name.length <= MAX_NAME) standardNames.set(name, standard);
  return standard;
}

const STANDARD =
  /^(?::.*|content-type|user-agent|te|grpc-(?:accept-encoding|encoding|timeout|status|message)|host|accept|accept-encoding|content-length|connection|transfer-encoding|date|server)$/;
