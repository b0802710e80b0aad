/**
 * The frames of ttrpc (containerd/ttrpc, PROTOCOL.md): ten bytes of header, then one message. All
 * numbers are big-endian.
 */
export const TTRPC_HEADER_BYTES = 10;
export const LONGEST_TTRPC = 4 << 20;

export const TTRPC = { request: 1, response: 2, data: 3 } as const;
export const TTRPC_FLAG = { remoteClosed: 1, remoteOpen: 2, noData: 4 } as const;
const ALL_FLAGS = 7;

export interface TtrpcHeader {
  length: number;
  stream: number;
  type: number;
  flags: number;
}

export function ttrpcHeaderAt(bytes: Uint8Array, at: number): TtrpcHeader {
  const octet = (index: number) => bytes[at + index] as number;
  const uint32 = (index: number) =>
    ((octet(index) << 24) |
      (octet(index + 1) << 16) |
      (octet(index + 2) << 8) |
      octet(index + 3)) >>>
    0;
  return { length: uint32(0), stream: uint32(4), type: octet(8), flags: octet(9) };
}

/** Whether a header breaks none of the rules. */
export function isTtrpcHeader(header: TtrpcHeader, toServer: boolean): boolean {
  const { length, stream, type, flags } = header;
  if (length > LONGEST_TTRPC || stream === 0 || stream % 2 === 0 || flags > ALL_FLAGS) return false;
  return type === TTRPC.data || type === (toServer ? TTRPC.request : TTRPC.response);
}

/** Whether bytes are one or more whole frames, from the first to the end of a write. */
export function isTtrpcWrite(
  bytes: Uint8Array,
  ends: readonly number[],
  toServer: boolean,
): boolean {
  let at = 0;
  while (at + TTRPC_HEADER_BYTES <= bytes.length) {
    const header = ttrpcHeaderAt(bytes, at);
    if (!isTtrpcHeader(header, toServer)) return false;
    const body = at + TTRPC_HEADER_BYTES;
    at = body + header.length;
    // A request names its service first, a response its status or its payload.
    const tag = header.length > 0 && at <= bytes.length ? bytes[body] : undefined;
    if (header.type === TTRPC.request && tag !== 0x0a) return false;
    if (header.type === TTRPC.response && tag !== undefined && tag !== 0x0a && tag !== 0x12) {
      return false;
    }
    if (ends.includes(at)) return true;
  }
  return false;
}
