import { constants, inflateRawSync } from 'node:zlib';
import { WireReader } from '../protobuf/wire-reader.js';

/** A compressed description larger than this, unpacked, is none. The largest seen has 0.2 MiB. */
const MAX_UNPACKED = 4 << 20;
/** Most that is unpacked in one scan, so that a file made of compressed zeros ends soon. */
const MAX_TOTAL = 256 << 20;
/** Longest `name` of a file that is looked for. */
const MAX_NAME = 250;
/** What a member of gzip without a name begins with. */
const GZIP = Buffer.from([0x1f, 0x8b, 0x08, 0x00]);
const GZIP_HEADER = 10;
const SUFFIX = Buffer.from('.proto');
/** A compressor cannot make less of a description: its magic number occurs by chance too. */
const LEAST_BYTES = 16;

/**
 * The FileDescriptorProtos embedded in an executable, as generated code carries them: compressed by
 * gzip (gogo/protobuf, and golang/protobuf before 1.4) or as they are (protobuf-go). Candidates
 * only: what does not read as a descriptor is for `readProtoFile()` to refuse.
 */
export function scanDescriptors(bytes: Buffer): Buffer[] {
  return [...compressed(bytes), ...plain(bytes)];
}

function* compressed(bytes: Buffer): Generator<Buffer, void, void> {
  let total = 0;
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1)) {
    const unpacked = inflate(bytes.subarray(at + GZIP_HEADER, at + GZIP_HEADER + MAX_UNPACKED));
    if (unpacked === null) continue;
    total += unpacked.length;
    if (total > MAX_TOTAL) return;
    if (descriptorEnd(unpacked, 0) === unpacked.length) yield unpacked;
  }
}

/** The member unpacked; what follows it is not looked at. Null when it is no such member. */
function inflate(member: Buffer): Buffer | null {
  try {
    const unpacked = inflateRawSync(member, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_UNPACKED,
    });
    return unpacked.length < LEAST_BYTES || unpacked[0] !== 0x0a ? null : unpacked;
  } catch {
    return null;
  }
}

function* plain(bytes: Buffer): Generator<Buffer, void, void> {
  for (let at = bytes.indexOf(SUFFIX); at >= 0; at = bytes.indexOf(SUFFIX, at + 1)) {
    const start = startOf(bytes, at + SUFFIX.length);
    if (start < 0) continue;
    const end = descriptorEnd(bytes, start);
    if (end > at + SUFFIX.length) yield bytes.subarray(start, end);
  }
}

/** Where the `name` field that ends at `end` begins, or -1: tag, length and that many characters. */
function startOf(bytes: Buffer, end: number): number {
  for (let length = SUFFIX.length + 1; length <= MAX_NAME; length++) {
    const first = end - length;
    if (first < 3) return -1;
    const character = bytes[first] as number;
    if (character < 0x21 || character > 0x7e) return -1;
    if (length < 128) {
      if (bytes[first - 1] === length && bytes[first - 2] === 0x0a) return first - 2;
    } else if (
      bytes[first - 1] === length >> 7 &&
      bytes[first - 2] === ((length & 127) | 128) &&
      bytes[first - 3] === 0x0a
    ) {
      return first - 3;
    }
  }
  return -1;
}

/** Wire types of the fields of FileDescriptorProto, at their numbers; -1 where there is no field. */
const WIRES = [-1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 2, -1, 0, 2];
/** Fields of which there is one at most. */
const SINGULAR = new Set([1, 2, 8, 9, 12, 14]);
const SYNTAX = 12;
const SYNTAXES = ['proto2', 'proto3', 'editions'];

/**
 * Where a FileDescriptorProto that begins at `start` ends, or -1. It has no length of its own: since
 * generators write fields by number, it ends behind `syntax`, or where a field no longer follows.
 */
function descriptorEnd(bytes: Buffer, start: number): number {
  const reader = new WireReader(bytes, start);
  let last = 0;
  let end = -1;
  while (reader.next()) {
    const { field, wire } = reader;
    if (WIRES[field] !== wire || field < last) break;
    if (last === 0 && field !== 1) break;
    if (field === last && SINGULAR.has(field)) break;
    last = field;
    if (field === SYNTAX) {
      const syntax = bytes.toString('latin1', reader.start, reader.stop);
      if (!SYNTAXES.includes(syntax)) break;
      end = reader.at;
      if (syntax !== 'editions') break;
    }
    end = reader.at;
  }
  return end;
}
