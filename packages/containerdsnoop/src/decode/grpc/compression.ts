import { gunzipSync, inflateSync } from 'node:zlib';

/**
 * A message that was sent compressed.
 *
 * @param encoding value of grpc-encoding, or null if that was not seen: the bytes tell it then
 * @param longest result in bytes that is made
 * @returns null if the encoding is none of ours, the bytes are broken, or the result would be longer
 */
export function decompress(
  bytes: Uint8Array,
  encoding: string | null,
  longest: number,
): Uint8Array | null {
  const unpack = unpackers[encoding ?? guess(bytes)];
  try {
    return unpack?.(bytes, { maxOutputLength: longest }) ?? null;
  } catch {
    return null;
  }
}

const unpackers: Record<string, typeof gunzipSync | undefined> = {
  __proto__: null as never,
  gzip: gunzipSync,
  deflate: inflateSync,
};

function guess(bytes: Uint8Array): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  return ((bytes[0] ?? 0) & 0x0f) === 8 ? 'deflate' : 'unknown';
}
