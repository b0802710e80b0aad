/** Who is at one end of a connection. */
export interface Peer {
  pid: number;
  /** The thread that wrote, where the capture knows it. */
  tid: number | null;
  comm: string;
}

/**
 * What was seen on one connection: the only thing that decoders take in. Bytes are only valid during
 * the call that hands them over; a layer that keeps some copies them.
 */
export interface Chunk {
  kind: 'open' | 'data' | 'close';
  /** Stable id of the connection, never used again: the socket's cookie, decimal. */
  conn: string;
  /** Direction of the bytes: from client to server. */
  toServer: boolean;
  /** CLOCK_MONOTONIC in nanoseconds, below 2^53. */
  tsNs: number;
  /** Of the first byte, counted per direction since the capture saw the connection. A jump is a hole. */
  offset: number;
  /** True length of what was written; with fewer `bytes` the tail was not captured. */
  length: number;
  bytes: Uint8Array;
  /** On 'open': seen from its very first byte (true), or open before the capture began (false). */
  fromStart: boolean;
  client: Peer | null;
  server: Peer | null;
}
