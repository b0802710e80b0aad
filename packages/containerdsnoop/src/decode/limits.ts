/** Bounds of what a decoder keeps in memory. What exceeds one is counted as undecoded ('limit'). */
export interface Limits {
  /** Kept of one message, compressed or not; the rest of it counts as missing. */
  messageBytes: number;
  /** Buffered for one connection, all directions and streams together. */
  connectionBytes: number;
  /** Buffered for all connections. */
  totalBytes: number;
  /** Of one header block, HTTP/2 or HTTP/1.1. */
  headerBytes: number;
  /** Calls under way on one connection; the oldest is given up for another. */
  streams: number;
  /** Connections known; the one that was silent for longest is forgotten for another. */
  connections: number;
  /** After this long without a byte a connection is forgotten by `expire()`. */
  idleNs: number;
}

export const DEFAULT_LIMITS: Limits = {
  messageBytes: 4 << 20,
  connectionBytes: 16 << 20,
  totalBytes: 64 << 20,
  headerBytes: 64 << 10,
  streams: 2048,
  connections: 4096,
  idleNs: 6 * 3600 * 1e9,
};
