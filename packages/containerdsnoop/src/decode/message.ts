import type { Peer } from './chunk.js';

export type Protocol = 'grpc' | 'ttrpc' | 'http';

/**
 * Where the name of a method comes from: read on the wire (never wrong), concluded from the payloads
 * of its calls, or one of several that those allow.
 */
export type PathSource = 'wire' | 'inferred' | 'ambiguous';

/** Header fields in their order; names are lower case, values as Latin-1 text. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** Which method something belongs to, as far as it is known. */
export interface Label {
  /** '/package.Service/Method', for HTTP/1.1 'POST /path'; null if unknown or ambiguous. */
  method: string | null;
  pathSource: PathSource;
  /** Methods in question, the likeliest first: empty for 'wire', unless `method` is null none. */
  candidates: readonly string[];
}

/** What HTTP/1.1 tells of a message. */
export interface HttpInfo {
  verb: string | null;
  target: string | null;
  /** Of the response, else null. */
  status: number | null;
  contentType: string | null;
  /** A whole body, one piece of a body that goes on (events, logs), or bytes after an upgrade. */
  part: 'whole' | 'piece' | 'raw';
  /** Which stream of a container's a raw piece belongs to, where it is told. */
  channel: 'stdin' | 'stdout' | 'stderr' | null;
}

/** One message of a request or of a response. */
export interface Message extends Label {
  type: 'request' | 'response';
  protocol: Protocol;
  conn: string;
  /** Stream of the connection; for HTTP/1.1 the exchange, counted from 1. */
  stream: number;
  /** When its last byte was seen. */
  tsNs: number;
  client: Peer | null;
  server: Peer | null;
  /**
   * The message, uncompressed, valid during the call: all of it, or its beginning as far as it was
   * seen without interruption (`missing` > 0). Null if nothing was seen, or there is none.
   */
  bytes: Uint8Array | null;
  /** Length in bytes: uncompressed if `bytes` is there, else as transferred. */
  length: number;
  /** How many of its bytes are not in `bytes`. */
  missing: number;
  /** Metadata of this direction as known so far; null if its header was not seen. */
  headers: Headers | null;
  /** Status of a response without a message ('trailers only'), else null: then the call has it. */
  status: number | null;
  statusMessage: string | null;
  http: HttpInfo | null;
}

/** How a call ended. */
export type CallEnd =
  /** With a status of the server's. */
  | 'status'
  /** The client reset the stream: cancelled, or its deadline passed. */
  | 'cancelled'
  /** The server reset the stream. */
  | 'reset'
  /** The server went away (GOAWAY) without having looked at it. */
  | 'refused'
  /** The connection closed. */
  | 'closed'
  /** The capture ended, or what was seen of it had to be forgotten. */
  | 'unfinished';

/** A whole call: emitted when it is over. */
export interface Call extends Label {
  protocol: Protocol;
  conn: string;
  stream: number;
  /** When its request began; null if that was before the capture. */
  startNs: number | null;
  endNs: number;
  /** From the first byte of the request to the status. */
  latencyNs: number | null;
  client: Peer | null;
  server: Peer | null;
  end: CallEnd;
  /** grpc-status (also of ttrpc), for HTTP/1.1 its status; null if unknown. */
  status: number | null;
  statusMessage: string | null;
  /** HTTP/2 error code of a reset, else null. */
  errorCode: number | null;
  requests: number;
  responses: number;
  /** Bytes of messages as transferred, without framing. */
  requestBytes: number;
  responseBytes: number;
  /** Bytes of its messages that were not captured or not kept. */
  missing: number;
  /** Metadata of the request, null if it was not seen. */
  headers: Headers | null;
  trailers: Headers | null;
}

/** Bytes that no message came out of. */
export interface Undecoded {
  cause: UndecodedCause;
  conn: string;
  /** How many; 0 if it is not known, or if it is an event and not bytes. */
  bytes: number;
}

export type UndecodedCause =
  /** The capture did not see them. */
  | 'hole'
  /** Neither of the protocols. */
  | 'protocol'
  /** Between a hole or the attach and the next frame or message boundary. */
  | 'unaligned'
  /** A header block that follows no table of ours. */
  | 'headers'
  /** A message whose compression failed, is unknown, or would grow beyond the limit. */
  | 'compression'
  /** Beyond a limit on memory. */
  | 'limit';
