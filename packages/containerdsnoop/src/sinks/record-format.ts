/**
 * A recording: what a capture saw, to be decoded again later, elsewhere, without root. All numbers
 * are little-endian.
 *
 *     file    = magic frame*
 *     magic   = "imagesnoop record 1\n"
 *     frame   = length:u32 checksum:u32 kind:u8 body        length: of kind and body
 *                                                           checksum: CRC-32 of kind and body
 *     about   = kind 1, JSON: {"tool", "version", "wall_offset_ns", "redacted"}; the first frame
 *     schema  = kind 2, FileDescriptorSet of protobuf: what the messages are decoded with
 *     peer    = kind 3, JSON: {"pid", "tid", "comm"}; peers are numbered from 1, in their order
 *     open    = kind 4, ts_ns:f64 client:u32 server:u32 from_start:u8 conn:text
 *               connections are numbered from 0, in their order
 *     data    = kind 5, ts_ns:f64 client:u32 server:u32 connection:u32 to_server:u8
 *               offset:f64 length:f64 bytes                 with fewer bytes the tail was not captured
 *     close   = kind 6, ts_ns:f64 client:u32 server:u32 connection:u32
 *     end     = kind 7, JSON: {"chunks", "bytes"}; the last frame of a recording that was ended
 *
 * Times are of CLOCK_MONOTONIC; wall_offset_ns (text) added to them is the time of day. Readers pass
 * over kinds that they do not know. A file may end anywhere: it holds what comes before.
 */
export const MAGIC = Buffer.from('imagesnoop record 1\n');

export const FRAME = { about: 1, schema: 2, peer: 3, open: 4, data: 5, close: 6, end: 7 } as const;

/** Length and checksum. */
export const PREFIX_BYTES = 8;
/** Chunks are slices of what a capture reads at once; a schema is smaller too. */
export const MAX_FRAME_BYTES = 16 << 20;
/** Sizes of the bodies without text or bytes, and with the kind. */
export const OPEN_BYTES = 1 + 8 + 4 + 4 + 1;
export const DATA_BYTES = 1 + 8 + 4 + 4 + 4 + 1 + 8 + 8;
export const CLOSE_BYTES = 1 + 8 + 4 + 4 + 4;

/** What a recording says about itself. */
export interface About {
  readonly tool: string;
  readonly version: string;
  /** Nanoseconds to add to a time of CLOCK_MONOTONIC to get the time of day since 1970, as text. */
  readonly wall_offset_ns: string;
  /** Whether secrets were taken out: the connections were written anew then. */
  readonly redacted: boolean;
}
