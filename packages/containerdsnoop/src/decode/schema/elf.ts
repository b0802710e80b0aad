/** Part of a file. */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** What is read of an executable's program headers. */
export interface Elf {
  /** What gets loaded and is not code: constants and data, where descriptors are. */
  readonly data: readonly FileRange[];
  /** Notes, among them the build id. */
  readonly notes: readonly FileRange[];
}

const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const MAX_SEGMENTS = 256;

/** Enough of a file's beginning for `readElf()`: header and, as linkers place it, the table behind. */
export const ELF_HEAD_BYTES = HEADER_BYTES + SEGMENT_BYTES * MAX_SEGMENTS;

/** The segments of a 64-bit little-endian ELF file, from its first bytes; null for any other file. */
export function readElf(head: Buffer): Elf | null {
  if (head.length < HEADER_BYTES || head.readUInt32BE(0) !== 0x7f454c46) return null;
  if (head[4] !== 2 || head[5] !== 1) return null;
  const table = Number(head.readBigUInt64LE(32));
  const size = head.readUInt16LE(54);
  const count = Math.min(head.readUInt16LE(56), MAX_SEGMENTS);
  if (size < SEGMENT_BYTES || !(table + size * count <= head.length)) return null;
  const data: FileRange[] = [];
  const notes: FileRange[] = [];
  for (let i = 0; i < count; i++) {
    const at = table + size * i;
    const type = head.readUInt32LE(at);
    const executable = (head.readUInt32LE(at + 4) & PF_X) !== 0;
    const range = {
      offset: Number(head.readBigUInt64LE(at + 8)),
      length: Number(head.readBigUInt64LE(at + 32)),
    };
    if (!Number.isSafeInteger(range.offset + range.length)) return null;
    if (type === PT_LOAD && !executable) data.push(range);
    else if (type === PT_NOTE) notes.push(range);
  }
  return { data, notes };
}

const GNU_BUILD_ID = { name: 'GNU\0', type: 3 };
const GO_BUILD_ID = { name: 'Go\0\0', type: 4 };

/** The linker's id of an executable in the bytes of a note segment, GNU's or Go's, or null. */
export function buildIdIn(notes: Buffer): Buffer | null {
  let found: Buffer | null = null;
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameSize = notes.readUInt32LE(at);
    const size = notes.readUInt32LE(at + 4);
    const type = notes.readUInt32LE(at + 8);
    const nameAt = at + 12;
    const start = nameAt + Math.ceil(nameSize / 4) * 4;
    if (start + size > notes.length) break;
    const name = notes.toString('latin1', nameAt, nameAt + nameSize);
    const value = notes.subarray(start, start + size);
    if (name === GO_BUILD_ID.name && type === GO_BUILD_ID.type && size > 0) return value;
    if (name === GNU_BUILD_ID.name && type === GNU_BUILD_ID.type && size > 0) found = value;
    at = start + Math.ceil(size / 4) * 4;
  }
  return found;
}
