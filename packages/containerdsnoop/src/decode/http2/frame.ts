/** Frame types of HTTP/2 (RFC 9113, 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 0x01, ack: 0x01, endHeaders: 0x04, padded: 0x08, priority: 0x20 };

export const FRAME_HEADER_BYTES = 9;
/** What every peer must accept, and all that most ever send (RFC 9113, 4.2). */
export const DEFAULT_FRAME_BYTES = 16_384;
/** What a client sends first (RFC 9113, 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** By type: the flags that mean something. */
const FLAGS = [0x09, 0x2d, 0x00, 0x00, 0x01, 0x0c, 0x01, 0x00, 0x00, 0x04];
const SETTINGS_BYTES = 6;
const MOST_SETTINGS = 40;

export interface FrameHeader {
  length: number;
  type: number;
  flags: number;
  stream: number;
}

export function frameHeaderAt(bytes: Uint8Array, at: number): FrameHeader {
  const octet = (index: number) => bytes[at + index] as number;
  return {
    length: (octet(0) << 16) | (octet(1) << 8) | octet(2),
    type: octet(3),
    flags: octet(4),
    stream: (((octet(5) & 0x7f) << 24) | (octet(6) << 16) | (octet(7) << 8) | octet(8)) >>> 0,
  };
}

/** Whether a header breaks none of the rules that hold for its type: those who keep step see no other. */
export function isLegal({ length, type, stream }: FrameHeader): boolean {
  switch (type) {
    case FRAME.data:
    case FRAME.continuation:
      return stream !== 0;
    case FRAME.headers:
      return stream !== 0 && length > 0;
    case FRAME.priority:
      return stream !== 0 && length === 5;
    case FRAME.rstStream:
      return stream !== 0 && length === 4;
    case FRAME.settings:
      return stream === 0 && length % SETTINGS_BYTES === 0;
    case FRAME.pushPromise:
      return stream !== 0 && length > 4;
    case FRAME.ping:
      return stream === 0 && length === 8;
    case FRAME.goaway:
      return stream === 0 && length >= 8;
    case FRAME.windowUpdate:
      return length === 4;
    default:
      return true; // to be ignored (RFC 9113, 5.5)
  }
}

/**
 * Whether a header looks like one that is really sent: stricter than `isLegal()`, for those who look
 * for a frame in the middle of bytes.
 *
 * @param largest payload in bytes
 */
export function isPlausible(header: FrameHeader, reserved: boolean, largest: number): boolean {
  const { length, type, flags, stream } = header;
  if (type > FRAME.continuation || type === FRAME.pushPromise || length > largest) return false;
  if (reserved || (flags & ~(FLAGS[type] as number)) !== 0 || !isLegal(header)) return false;
  if (type === FRAME.settings) {
    const ack = (flags & FLAG.ack) !== 0;
    return ack ? length === 0 : length <= MOST_SETTINGS * SETTINGS_BYTES;
  }
  // No server pushes here, so that streams are those of clients, which are odd.
  return stream === 0 || stream % 2 === 1;
}
