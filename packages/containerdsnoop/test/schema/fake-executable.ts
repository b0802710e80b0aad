import { deflateRawSync } from 'node:zlib';

/** A file as generated code of gogo/protobuf has it in an executable. */
export function gzipped(file: Uint8Array): Buffer {
  const header = Buffer.from('1f8b08000000000002ff', 'hex');
  // Checksum and size behind the member are not looked at, as members may follow each other.
  return Buffer.concat([header, deflateRawSync(file), Buffer.alloc(8)]);
}

/** Bytes as they are between such things: not random, so that a failure can be repeated. */
export function filler(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** An ELF file with these contents in a data segment, and a build id of Go's. */
export function elf(contents: Buffer, buildId = 'id/of/this'): Buffer {
  const HEADER = 64;
  const SEGMENT = 56;
  const id = Buffer.from(buildId);
  const note = Buffer.alloc(16 + Math.ceil(id.length / 4) * 4);
  note.writeUInt32LE(4, 0);
  note.writeUInt32LE(id.length, 4);
  note.writeUInt32LE(4, 8);
  note.write('Go\0\0', 12, 'latin1');
  id.copy(note, 16);
  const noteAt = HEADER + SEGMENT * 2;
  const head = Buffer.alloc(noteAt);
  head.writeUInt32BE(0x7f454c46, 0);
  head[4] = 2;
  head[5] = 1;
  head.writeBigUInt64LE(BigInt(HEADER), 32);
  head.writeUInt16LE(SEGMENT, 54);
  head.writeUInt16LE(2, 56);
  const segment = (index: number, type: number, offset: number, length: number) => {
    const at = HEADER + SEGMENT * index;
    head.writeUInt32LE(type, at);
    head.writeUInt32LE(4, at + 4);
    head.writeBigUInt64LE(BigInt(offset), at + 8);
    head.writeBigUInt64LE(BigInt(length), at + 32);
  };
  segment(0, 4, noteAt, note.length);
  segment(1, 1, noteAt + note.length, contents.length);
  return Buffer.concat([head, note, contents]);
}
