import { isHttpHead } from './http1/head.js';
import { findFrame } from './http2/align.js';
import { PREFACE } from './http2/frame.js';
import { isTtrpcWrite } from './ttrpc/frame.js';

export interface Sniffed {
  protocol: 'http2' | 'http1' | 'ttrpc';
  /** Whether this is the first byte of the connection, as far as the bytes tell. */
  fromStart: boolean;
}

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
  if (isHttpHead(bytes, toServer)) return { protocol: 'http1', fromStart: true };
  if (isTtrpcWrite(bytes, ends, toServer)) return { protocol: 'ttrpc', fromStart: true };
  return findFrame(bytes, ends) >= 0 ? { protocol: 'http2', fromStart: false } : null;
}

function startsWithPreface(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, PREFACE.length);
  return length > 0 && PREFACE.subarray(0, length).equals(bytes.subarray(0, length));
}
