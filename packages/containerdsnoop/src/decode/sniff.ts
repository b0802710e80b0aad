import { isHttpHead } from './http1/head.js';
import { findFrame } from './http2/align.js';
import { PREFACE } from './http2/frame.js';
import { isTtrpcWrite } from './ttrpc/frame.js';

export type Sniffed =
  /** `fromStart` if this is its first byte, else come upon in the middle. */
  { protocol: 'http2'; fromStart: boolean } | { protocol: 'http1' } | { protocol: 'ttrpc' };

/**
 * Which protocol the bytes of one direction are, or null while they do not tell.
 *
 * @param bytes from the first one that was seen on, or from the beginning of a later write on
 * @param ends offsets in `bytes` at which writes ended
 * @param toServer their direction
 */
export function sniff(
  bytes: Uint8Array,
  ends: readonly number[],
  toServer: boolean,
): Sniffed | null {
  if (toServer && startsWithPreface(bytes)) {
    return bytes.length < PREFACE.length ? null : { protocol: 'http2', fromStart: true };
  }
  if (isHttpHead(bytes, toServer)) return { protocol: 'http1' };
  if (isTtrpcWrite(bytes, ends, toServer)) return { protocol: 'ttrpc' };
  return findFrame(bytes, ends) >= 0 ? { protocol: 'http2', fromStart: false } : null;
}

function startsWithPreface(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, PREFACE.length);
  return length > 0 && PREFACE.subarray(0, length).equals(bytes.subarray(0, length));
}
