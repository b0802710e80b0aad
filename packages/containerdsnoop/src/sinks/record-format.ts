/**
 * A recording: what a capture saw, to be decoded again later, elsewhere, without root.
 * docs/recordings.md has the format for those who write another reader.
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
