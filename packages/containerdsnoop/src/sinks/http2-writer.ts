import type { Headers } from '../decode/message.js';

/** Sent before anything else by a client (RFC 9113, 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const END_STREAM = 1;
const END_HEADERS = 4;
/** What a frame may hold unless agreed otherwise. */
export const MAX_FRAME = 16_384;
const FRAME_HEADER = 9;
const MESSAGE_PREFIX = 5;
/** Longer header blocks are cut: a frame holds them, and no message needs more. */
const MAX_HEADER_BYTES = MAX_FRAME;

/** Empty SETTINGS, which both sides begin with. */
export function settings(): Buffer {
  return frameHeader(0, SETTINGS, 0, 0);
}

/** Fields that no compression hides: literals without indexing (RFC 7541, 6.2.2). */
export function headers(stream: number, fields: Headers, end: boolean): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (const [name, value] of fields) {
    const field = Buffer.concat([Buffer.from([0]), literal(name), literal(value)]);
    if (length + field.length > MAX_HEADER_BYTES) continue;
    length += field.length;
    parts.push(field);
  }
  const flags = END_HEADERS | (end ? END_STREAM : 0);
  return Buffer.concat([frameHeader(length, HEADERS, flags, stream), ...parts]);
}

/** An empty DATA frame that ends a direction of a stream. */
export function endOfStream(stream: number): Buffer {
  return frameHeader(0, DATA, END_STREAM, stream);
}

export function reset(stream: number, code: number): Buffer {
  const frame = Buffer.concat([frameHeader(4, RST_STREAM, 0, stream), Buffer.alloc(4)]);
  frame.writeUInt32BE(code, FRAME_HEADER);
  return frame;
}

/** A piece of a connection: `length` bytes, of which the first are there. */
export interface Piece {
  readonly bytes: Buffer;
  readonly length: number;
}

/**
 * A gRPC message in DATA frames. Of `length` bytes only `bytes` are there: the frames have their
 * true lengths, and what is missing is missing from the pieces.
 */
export function* message(stream: number, bytes: Uint8Array, length: number): Generator<Piece> {
  const total = MESSAGE_PREFIX + length;
  const prefix = Buffer.alloc(MESSAGE_PREFIX);
  prefix.writeUInt32BE(length, 1);
  for (let at = 0; at < total; at += MAX_FRAME) {
    const size = Math.min(MAX_FRAME, total - at);
    const header = frameHeader(size, DATA, 0, stream);
    const parts = at === 0 ? [header, prefix] : [header];
    const from = Math.max(0, at - MESSAGE_PREFIX);
    parts.push(Buffer.from(bytes.subarray(from, at - MESSAGE_PREFIX + size)));
    yield { bytes: Buffer.concat(parts), length: FRAME_HEADER + size };
  }
}

function frameHeader(length: number, type: number, flags: number, stream: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER);
  header.writeUIntBE(length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream & 0x7fffffff, 5);
  return header;
}

/** A string literal that is not compressed (RFC 7541, 5.2). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.from(prefixed(bytes.length)), bytes]);
}

/** An integer with a 7-bit prefix (RFC 7541, 5.1). */
function prefixed(value: number): number[] {
  if (value < 127) return [value];
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
