import { huffmanText } from './huffman.js';
import { type Field, HpackError, type Table } from './table.js';

/** Of one block, counted as RFC 9113 counts header lists: more is followed, but not given out. */
const LIST_BYTES = 256 << 10;
const FIELD_OVERHEAD = 32;

/**
 * Decodes one header block (RFC 7541, 6) and makes the insertions that it asks for.
 *
 * Entries from before the capture come out as fields without name and value; nothing else fails
 * because of them. Throws HpackError when the block contradicts the table: the table is then of no
 * more use.
 *
 * @param table of the direction; changed
 * @param block the whole block: HEADERS and its CONTINUATIONs, without padding and priority
 */
export function decodeBlock(table: Table, block: Uint8Array): Field[] {
  const fields: Field[] = [];
  const cursor = new Cursor(block);
  let listBytes = 0;
  while (cursor.at < block.length) {
    const first = block[cursor.at] as number;
    if ((first & 0xe0) === 0x20) {
      if (fields.length > 0) throw new HpackError('size update within a block');
      table.resize(cursor.integer(5));
      continue;
    }
    const field = first & 0x80 ? table.at(cursor.integer(7)) : literal(table, cursor, first);
    listBytes += FIELD_OVERHEAD + (field.name?.length ?? 0) + (field.value?.length ?? 0);
    if (listBytes <= LIST_BYTES) fields.push(field);
  }
  return fields;
}

function literal(table: Table, cursor: Cursor, first: number): Field {
  const inserts = (first & 0x40) !== 0;
  const index = cursor.integer(inserts ? 6 : 4);
  const name = index === 0 ? cursor.text() : table.at(index).name;
  const value = cursor.text();
  return inserts ? table.insert(name, value) : { name, value, seq: null, places: 0 };
}

class Cursor {
  at = 0;
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** RFC 7541, 5.1, up to 2^28: nothing that is indexed or sized here comes near. */
  integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = this.#octet() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const octet = this.#octet();
      value += (octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
    throw new HpackError('an integer beyond 2^28');
  }

  text(): string {
    const huffman = ((this.#bytes[this.at] ?? 0) & 0x80) !== 0;
    const length = this.integer(7);
    const start = this.at;
    const end = start + length;
    if (end > this.#bytes.length) throw new HpackError('a string beyond the block');
    this.at = end;
    if (!huffman) return latin1(this.#bytes, start, end);
    const text = huffmanText(this.#bytes, start, end);
    if (text === null) throw new HpackError('no Huffman code');
    return text;
  }

  #octet(): number {
    const octet = this.#bytes[this.at++];
    if (octet === undefined) throw new HpackError('the block ends within an integer');
    return octet;
  }
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
