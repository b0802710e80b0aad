import type { JsonWriter } from '@imagesnoop/output';
import { KIND, type MessageField, type MessageType, type Schema } from '../schema/schema.js';
import type { Format } from './format.js';
import { knownField, orderOf, sortedMessage } from './order.js';
import { RenderedValues } from './rendered-values.js';
import { writeDefault, writeNumber, writeUnsigned } from './scalars.js';
import { durationOf, fieldMaskOf, findAny, timestampOf } from './special.js';
import { looksLikeMessage, looksLikeText, UNKNOWN_FIELD } from './unknown.js';
import { ValueWriter } from './values.js';
import { WireReader } from './wire-reader.js';

/** Messages inside of messages deeper than this are shown by their size. */
const MAX_DEPTH = 48;
const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;

export interface RenderOptions {
  /** Whether secrets are hidden. Default true. */
  readonly redact?: boolean;
  /** Rendering ends at the next field once this many bytes were written. Default: no limit. */
  readonly maxBytes?: number;
}

/**
 * Writes messages straight from their bytes. Fields come in the order in which they are there; where
 * that would show one of them twice, they are sorted first.
 */
export class Renderer {
  readonly #schema: Pick<Schema, 'type'>;
  readonly #format: Format;
  readonly #writer: JsonWriter;
  readonly #values: ValueWriter;
  readonly #maxBytes: number;
  /** None where messages are shown in part. */
  readonly #rendered: RenderedValues | undefined;
  #reader = new WireReader(new Uint8Array());
  #stopAt = 0;
  /** Sort where needed, instead of giving up at the first field that is out of order. */
  #careful = false;
  #disordered = false;

  constructor(schema: Pick<Schema, 'type'>, format: Format, options: RenderOptions = {}) {
    this.#schema = schema;
    this.#format = format;
    this.#writer = format.writer;
    this.#values = new ValueWriter(format, options.redact ?? true);
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    if (this.#maxBytes === Number.POSITIVE_INFINITY) this.#rendered = new RenderedValues();
  }

  /** Appends the message to the format's writer. Never throws, whatever the bytes are. */
  render(bytes: Uint8Array, type: MessageType): void {
    const from = this.#writer.length;
    this.#stopAt = from + this.#maxBytes;
    this.#careful = false;
    this.#disordered = false;
    this.#start(bytes, type);
    if (!this.#disordered) return;
    // Rare, and once for the whole message, so that nesting does not multiply the work.
    this.#writer.length = from;
    this.#careful = true;
    this.#start(bytes, type);
  }

  #start(bytes: Uint8Array, type: MessageType): void {
    this.#values.hidden = 0;
    this.#reader = new WireReader(bytes);
    this.#message(type, 0);
  }

  /** The message from the reader's place to its end, as a value. */
  #message(type: MessageType, depth: number): void {
    const { at, end } = this.#reader;
    if (depth > MAX_DEPTH) return this.#values.size(end - at);
    if (type.shown === 'bare') return this.#bare(type, depth);
    if (type.shown === 'any') return this.#any(depth);
    if (type.shown !== 'message') {
      const text = this.#special(type);
      if (text !== null) return this.#writer.quoted(text);
      this.#reader.at = at;
    }
    this.#format.beginMessage(depth === 0);
    this.#members(type, depth, true);
    this.#format.endMessage(depth === 0);
  }

  /** @param empty nothing was written between the braces yet */
  #members(type: MessageType, depth: number, empty: boolean): void {
    const reader = this.#reader;
    if (this.#careful) {
      const sorted = sortedMessage(reader.bytes, reader.at, reader.end, type);
      if (sorted !== null) return this.#sorted(sorted, type, depth, empty);
    }
    let first = empty;
    let last = 0;
    let index = 0;
    let open: MessageField | undefined;
    while (this.#writer.length < this.#stopAt && (reader.next() || reader.hasPart)) {
      const cut = reader.state === 'cut';
      const field = knownField(type, reader);
      const order = orderOf(field, reader.field);
      if (order === last ? field !== undefined && !field.repeated : order < last) {
        this.#disordered = true;
        // Sorted already: this is the beginning of a value at the very end, which is left out.
        if (this.#careful) break;
        return;
      }
      if (order !== last) {
        if (index > 0) this.#close(open);
        open = field;
        last = order;
        index = 0;
        this.#values.previous = null;
      }
      if (field === undefined) {
        this.#format.beginUnknown(reader.field, index++, first);
        this.#unknown(depth, cut);
      } else index = this.#field(field, index, first, depth, cut);
      if (this.#disordered && !this.#careful) return;
      first &&= index === 0;
      if (cut) {
        reader.state = 'cut';
        break;
      }
    }
    if (index > 0) this.#close(open);
    if (reader.state !== 'end') this.#unfinished(first);
  }

  #sorted(bytes: Buffer, type: MessageType, depth: number, empty: boolean): void {
    const reader = this.#reader;
    this.#reader = new WireReader(bytes);
    this.#members(type, depth, empty);
    this.#reader = reader;
    reader.at = reader.end;
    reader.state = 'end';
  }

  #close(open: MessageField | undefined): void {
    if (open === undefined) this.#format.endUnknowns();
    else this.#format.endValues(open);
  }

  /** What is behind the last whole field. */
  #unfinished(first: boolean): void {
    const { state, end, tagAt } = this.#reader;
    this.#format.note(`@${state}`, first);
    if (state === 'malformed') this.#values.size(end - tagAt);
    else this.#writer.bool(true);
  }

  /** Writes the value or, when packed, the values; returns the index of the next one. */
  #field(field: MessageField, index: number, first: boolean, depth: number, cut: boolean): number {
    if (field.wire !== this.#reader.wire) return this.#packed(field, index, first);
    this.#format.beginValue(field, index, first);
    if (depth === 0 && field.message !== null) this.#known(field, field.message);
    else if (field.map === null) this.#value(field, depth, cut);
    else this.#entry(field, field.map, depth);
    return index + 1;
  }

  #value(field: MessageField, depth: number, cut: boolean): void {
    if (field.message !== null) this.#inside(field, field.message, depth);
    else if (field.wire === 2) this.#values.span(field, this.#reader, cut);
    else this.#values.number(field, this.#reader);
  }

  /** A message directly inside of the one that is rendered: likely to come again as it is. */
  #known(field: MessageField, type: MessageType): void {
    const rendered = this.#careful || this.#values.hidden > 0 ? undefined : this.#rendered;
    const { bytes, start, stop } = this.#reader;
    const writer = this.#writer;
    if (rendered?.replay(field, bytes, start, stop, writer)) return;
    const from = writer.length;
    if (field.map === null) this.#inside(field, type, 0);
    else this.#entry(field, field.map, 0);
    if (!this.#disordered) rendered?.keep(field, bytes, start, stop, writer, from);
  }

  /** The message in the value that the reader is at. */
  #inside(field: MessageField, type: MessageType, depth: number): void {
    const reader = this.#reader;
    const { at, end } = reader;
    const hide = field.redact === 'hide' ? 1 : 0;
    this.#values.hidden += hide;
    reader.at = reader.start;
    reader.end = reader.stop;
    this.#message(type, depth + 1);
    this.#values.hidden -= hide;
    this.#back(at, end);
  }

  #back(at: number, end: number): void {
    this.#reader.at = at;
    this.#reader.end = end;
    this.#reader.state = 'end';
  }

  #packed(field: MessageField, index: number, first: boolean): number {
    const reader = this.#reader;
    const { at, end, start, stop } = reader;
    let next = index;
    reader.at = start;
    reader.end = stop;
    while (reader.at < stop && reader.number(field.wire)) {
      this.#format.beginValue(field, next++, first);
      this.#values.number(field, reader);
    }
    this.#back(at, end);
    return next;
  }

  /** A map's entry: a message with the key in field 1 and the value in field 2. */
  #entry(map: MessageField, { key, value }: EntryFields, depth: number): void {
    const reader = this.#reader;
    const { at, end, start, stop } = reader;
    let keyAt = -1;
    let valueAt = -1;
    reader.at = start;
    reader.end = stop;
    while (reader.next() || reader.hasPart) {
      if (reader.field === 1 && reader.wire === key.wire) keyAt = reader.tagAt;
      else if (reader.field === 2 && reader.wire === value.wire) valueAt = reader.tagAt;
      if (reader.state === 'cut') break;
    }
    this.#format.beginKey();
    const name = this.#key(key, keyAt);
    this.#format.endKey();
    const { redact } = map;
    const hide = redact === 'hide' || (redact === 'keyed' && this.#values.sounds(name)) ? 1 : 0;
    this.#values.hidden += hide;
    reader.at = valueAt < 0 ? stop : valueAt;
    if (valueAt >= 0) this.#value(value, depth, !reader.next());
    else if (value.message !== null) this.#message(value.message, depth + 1);
    else writeDefault(value, this.#format);
    this.#values.hidden -= hide;
    this.#format.endEntry();
    this.#back(at, end);
  }

  /** Writes an entry's key, in quotes as members of JSON are; text is returned, too. */
  #key(key: MessageField, keyAt: number): string {
    const reader = this.#reader;
    if (keyAt < 0) {
      const text = key.kind === KIND.string ? '' : key.kind === KIND.bool ? 'false' : '0';
      this.#writer.quoted(text);
      return text;
    }
    reader.at = keyAt;
    reader.next();
    if (key.kind === KIND.string) {
      this.#writer.text(reader.bytes, reader.start, reader.stop);
      return this.#values.latin1(reader.bytes, reader.start, reader.stop);
    }
    const { length } = this.#writer;
    writeNumber(key, reader, this.#format);
    // Numbers beyond 2^53 have quotes already.
    if (this.#writer.bytes[length] === QUOTE) return '';
    const text = this.#writer.bytes.toString('latin1', length, this.#writer.length);
    this.#writer.length = length;
    this.#writer.quoted(text);
    return '';
  }

  /** A value that the schema has no field for: shown by what its bytes look like. */
  #unknown(depth: number, cut: boolean): void {
    const { wire, bytes, start, stop, low, high } = this.#reader;
    if (this.#values.isHidden) return this.#values.redacted();
    if (wire !== 2) return writeUnsigned(this.#format, low, high);
    const { redact } = this.#values;
    const text = looksLikeText(bytes, start, stop);
    // A password may happen to be a message, and could be told from its numbers.
    if (!(redact && text) && depth < MAX_DEPTH && !cut && looksLikeMessage(bytes, start, stop)) {
      this.#inside(UNKNOWN_FIELD, UNKNOWN_FIELD.message, depth);
    } else if (redact) this.#values.size(stop - start);
    else if (text) this.#writer.text(bytes, start, stop);
    else this.#format.blob(bytes, start, stop);
  }

  #special({ shown }: MessageType): string | null {
    if (this.#values.isHidden) return null;
    if (shown === 'timestamp') return timestampOf(this.#reader);
    if (shown === 'duration') return durationOf(this.#reader);
    return shown === 'field_mask' ? fieldMaskOf(this.#reader) : null;
  }

  /** The values without the name of their field: wrappers, Struct, Value, ListValue. */
  #bare(type: MessageType, depth: number): void {
    const reader = this.#reader;
    const only = type.dense[1] as MessageField;
    let shown = only;
    let index = 0;
    while (reader.next()) {
      const field = knownField(type, reader);
      if (field === undefined || field.wire !== reader.wire) continue;
      // Of a value that is there twice the first one is shown.
      if (index > 0 && !shown.repeated) continue;
      shown = field;
      this.#format.beginBare(field, index++);
      if (field.map !== null) this.#entry(field, field.map, depth);
      else if (field.enumeration?.name === 'google.protobuf.NullValue') this.#writer.null();
      else this.#value(field, depth, false);
    }
    if (index === 0) {
      this.#format.beginBare(only, 0);
      if (type.fields.size > 1) this.#writer.null();
      else if (!only.repeated) writeDefault(only, this.#format);
    }
    this.#format.endBare(shown);
  }

  /** `@type`, and beside it the fields of the message inside, or `value`. */
  #any(depth: number): void {
    const reader = this.#reader;
    const { bytes, end } = reader;
    const { name, value, state } = findAny(reader);
    this.#format.beginMessage(depth === 0);
    this.#format.note('@type', true);
    this.#writer.text(bytes, name.start, name.stop);
    const url = this.#values.latin1(bytes, name.start, name.stop);
    const type = this.#schema.type(url.slice(url.lastIndexOf('/') + 1));
    const filled = value.stop > value.start;
    if (type?.known && bytes[value.start] !== OPEN_OBJECT) {
      reader.at = value.start;
      reader.end = value.stop;
      if (type.shown === 'message' && depth < MAX_DEPTH) {
        if (filled) this.#members(type, depth + 1, false);
      } else {
        this.#format.note('value', false);
        this.#message(type, depth + 1);
      }
    } else if (filled) {
      this.#format.note('value', false);
      this.#values.content(bytes, value.start, value.stop, state === 'cut');
    }
    if (state !== 'end') {
      this.#format.note(`@${state}`, false);
      this.#writer.bool(true);
    }
    this.#format.endMessage(depth === 0);
    this.#back(end, end);
  }
}

interface EntryFields {
  readonly key: MessageField;
  readonly value: MessageField;
}
