import { JsonWriter } from '@imagesnoop/output';
import type { MessageField } from '../schema/schema.js';

/**
 * Where JSON and text differ: in what stands around values. Values themselves go straight to
 * `writer`, whichever format it is.
 */
export interface Format {
  readonly writer: JsonWriter;
  /** Whether numbers beyond 2^53 are quoted: readers of JSON would round them. */
  readonly quotesLarge: boolean;
  /** `top`: of the message that is rendered, not of one inside. */
  beginMessage(top: boolean): void;
  endMessage(top: boolean): void;
  /**
   * Before the `index`th value of a field.
   *
   * @param first no member of the message was written before
   */
  beginValue(field: MessageField, index: number, first: boolean): void;
  /** After the last value of a field. */
  endValues(field: MessageField): void;
  /** Before the `index`th value with a number that the schema has not. */
  beginUnknown(number: number, index: number, first: boolean): void;
  endUnknowns(): void;
  /** Around the key of a map's entry, and behind its value. */
  beginKey(): void;
  endKey(): void;
  endEntry(): void;
  /** Like `beginValue()` and `endValues()` where the field's name is not shown. */
  beginBare(field: MessageField, index: number): void;
  endBare(field: MessageField): void;
  /** Before what is known of a message beside its fields: `@type` of an Any, `@cut`. */
  note(name: string, first: boolean): void;
  enumName(name: string): void;
  /** Content that is not text. */
  blob(bytes: Uint8Array, start: number, end: number): void;
}

const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const VALUE = Buffer.from(' value:');
const KEY = Buffer.from('{key:');

/** As protojson, but with the names of the .proto file. */
export class JsonFormat implements Format {
  readonly writer: JsonWriter;
  readonly quotesLarge = true;

  constructor(writer: JsonWriter) {
    this.writer = writer;
  }

  beginMessage(): void {
    this.writer.byte(OPEN);
  }

  endMessage(): void {
    this.writer.byte(CLOSE);
  }

  beginValue(field: MessageField, index: number, first: boolean): void {
    const { writer } = this;
    if (index > 0 || !first) writer.byte(COMMA);
    if (index > 0) return;
    writer.raw(field.jsonKey);
    if (field.repeated) writer.byte(field.map === null ? OPEN_LIST : OPEN);
  }

  endValues(field: MessageField): void {
    if (field.repeated) this.writer.byte(field.map === null ? CLOSE_LIST : CLOSE);
  }

  beginUnknown(number: number, index: number, first: boolean): void {
    if (index > 0 || !first) this.writer.byte(COMMA);
    if (index === 0) this.writer.string(`"${number}":[`);
  }

  endUnknowns(): void {
    this.writer.byte(CLOSE_LIST);
  }

  beginKey(): void {}

  endKey(): void {
    this.writer.byte(COLON);
  }

  endEntry(): void {}

  beginBare(field: MessageField, index: number): void {
    if (index > 0) this.writer.byte(COMMA);
    else if (field.repeated) this.writer.byte(field.map === null ? OPEN_LIST : OPEN);
  }

  endBare(field: MessageField): void {
    this.endValues(field);
  }

  note(name: string, first: boolean): void {
    this.writer.string(first ? `"${name}":` : `,"${name}":`);
  }

  enumName(name: string): void {
    this.writer.quoted(name);
  }

  blob(bytes: Uint8Array, start: number, end: number): void {
    const { buffer, byteOffset } = bytes;
    this.writer.quoted(Buffer.from(buffer, byteOffset + start, end - start).toString('base64'));
  }
}

/** One line, close to protobuf's text format: `id:"web" labels:{key:"a" value:"b"} pid:17`. */
export class TextFormat implements Format {
  readonly writer = new JsonWriter();
  readonly quotesLarge = false;

  beginMessage(top: boolean): void {
    if (!top) this.writer.byte(OPEN);
  }

  endMessage(top: boolean): void {
    if (!top) this.writer.byte(CLOSE);
  }

  beginValue(field: MessageField, index: number, first: boolean): void {
    if (index > 0 || !first) this.writer.byte(SPACE);
    this.writer.raw(field.textKey);
  }

  endValues(): void {}

  beginUnknown(number: number, index: number, first: boolean): void {
    if (index > 0 || !first) this.writer.byte(SPACE);
    this.writer.string(`${number}:`);
  }

  endUnknowns(): void {}

  beginKey(): void {
    this.writer.raw(KEY);
  }

  endKey(): void {
    this.writer.raw(VALUE);
  }

  endEntry(): void {
    this.writer.byte(CLOSE);
  }

  beginBare(field: MessageField, index: number): void {
    if (index > 0) this.writer.byte(SPACE);
    else if (field.repeated) this.writer.byte(OPEN_LIST);
  }

  endBare(field: MessageField): void {
    if (field.repeated) this.writer.byte(CLOSE_LIST);
  }

  note(name: string, first: boolean): void {
    this.writer.string(first ? `${name}:` : ` ${name}:`);
  }

  enumName(name: string): void {
    this.writer.string(name);
  }

  blob(bytes: Uint8Array, start: number, end: number): void {
    this.writer.text(bytes, start, end);
  }
}
