import { JsonWriter } from '@imagesnoop/output';
import type { Headers, Message } from './decode/message.js';
import { MessagePrinter } from './decode/protobuf/index.js';
import type { MessageType, Schema } from './decode/schema/schema.js';
import { writeJson } from './redact/json.js';
import { soundsSecret } from './redact/names.js';
import { REDACTED, redactText } from './redact/text.js';
import type { Content } from './rows.js';

const NO_CONTENT: Content = { text: () => '', json: () => null };
/** Bodies of HTTP that are no JSON are shown in tables only so far. */
const TEXT_BYTES = 4096;

/** Shows messages: their bytes are copied, since a row outlives the call that hands them over. */
export class Contents {
  readonly #schema: Schema;
  readonly #redact: boolean;
  readonly #printer: MessagePrinter;
  readonly #json = new JsonWriter();

  constructor(schema: Schema, redact: boolean) {
    this.#schema = schema;
    this.#redact = redact;
    this.#printer = new MessagePrinter(schema, { redact });
  }

  of(message: Message): Content {
    const { bytes, protocol } = message;
    if (bytes === null) return NO_CONTENT;
    const copy = Buffer.from(bytes);
    if (protocol === 'http') return this.#body(copy, message);
    const type = this.#typeOf(message);
    return {
      text: (characters) =>
        copy.length === 0 && type === undefined
          ? ''
          : this.#printer.text(copy, type, { maxCharacters: characters }),
      json: () => this.#written((out) => this.#printer.json(copy, type, out)),
    };
  }

  /** Free text of the protocol, such as grpc-message. */
  clean(text: string): string {
    return this.#redact ? redactText(text) : text;
  }

  /** What the application has put into the header: no pseudo-headers, none of the protocol's own. */
  metadata(headers: Headers | null): Record<string, string> | null {
    if (headers === null) return null;
    const own = headers.filter(([name]) => !STANDARD.test(name));
    if (own.length === 0) return null;
    return Object.fromEntries(own.map(([name, value]) => [name, this.#headerValue(name, value)]));
  }

  #headerValue(name: string, value: string): string {
    if (!this.#redact) return value;
    return soundsSecret(name) || SECRET_HEADER.test(name) ? REDACTED : redactText(value);
  }

  #typeOf({ method, type }: Message): MessageType | undefined {
    const known = method === null ? undefined : this.#schema.methods.get(method);
    return type === 'request' ? known?.request : known?.response;
  }

  #body(bytes: Buffer, { http }: Message): Content {
    const redact = this.#redact;
    const isText = http?.part !== 'raw';
    const json = (): Uint8Array | null =>
      this.#written((out) => {
        if (isText && writeJson(bytes, 0, bytes.length, out, { redact })) return;
        const text = this.clean(bytes.toString('latin1', 0, TEXT_BYTES));
        out.quoted(isText ? text : `${bytes.length} bytes`);
      });
    return {
      json,
      text(characters) {
        if (bytes.length === 0) return '';
        const text = json()?.toString() ?? '';
        return [...text.slice(0, 2 * characters)].slice(0, characters).join('');
      },
    };
  }

  #written(write: (out: JsonWriter) => void): Buffer {
    this.#json.clear();
    write(this.#json);
    return Buffer.from(this.#json.view());
  }
}

const STANDARD =
  /^(?::.*|content-type|user-agent|te|grpc-(?:accept-encoding|encoding|timeout|status|message)|host|accept|accept-encoding|content-length|connection|transfer-encoding|date|server)$/;
const SECRET_HEADER = /^(?:authorization|cookie|set-cookie|x-registry-(?:auth|config)|proxy-)/;
