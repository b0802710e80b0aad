/** Takes rendered bytes to where they belong. */
export interface Sink {
  /**
   * Writes all of it; resolves later when the reader is slow, and until then the caller must not go
   * on, so that nothing is queued without bound.
   */
  write(bytes: Buffer): void | Promise<void>;
  close(): void;
}

/** Thrown by a sink whose reader has gone: a normal end, not a failure. */
export class ReaderGone extends Error {}

/** Bytes behind the last newline. */
export function partialLine(bytes: Buffer): number {
  return bytes.length - 1 - bytes.lastIndexOf(0x0a);
}
