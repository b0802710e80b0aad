import type { Chunk, Peer } from '../decode/chunk.js';
import type { Call, Headers, Label, Message } from '../decode/message.js';
import type { MessageType, Schema } from '../decode/schema/schema.js';
import { redactHeader } from '../redact/http.js';
import { maskMessage } from '../redact/mask-message.js';
import * as http1 from './http1-writer.js';
import * as http2 from './http2-writer.js';

/** Names of header fields of ours: what the original connection did not say, or not so. */
export const LABELS = {
  pathSource: 'imagesnoop-path-source',
  method: 'imagesnoop-method',
  candidates: 'imagesnoop-candidates',
  protocol: 'imagesnoop-protocol',
} as const;

/** Streams that never end are forgotten beyond this many, the oldest first. */
const MAX_STREAMS = 10_000;
const MAX_CONNECTIONS = 10_000;

interface Stream {
  requestOpen: boolean;
  responseOpen: boolean;
}

interface Connection {
  /** Offsets of the next byte to the server and to the client. */
  readonly offsets: [toClient: number, toServer: number];
  readonly streams: Map<number, Stream>;
  begun: boolean;
}

/**
 * Writes what was understood of connections as clean ones: HTTP/2 from its first byte with plain
 * headers, every message whole and without its secrets, whatever the original was (compressed,
 * attached to in the middle, ttrpc). This is what may be kept and shown to others: bytes of the
 * original are in it only if they belong to a message whose secrets could be told.
 *
 * A method that was concluded and not read is marked so by header fields of ours (`LABELS`).
 */
export class CleanStreams {
  readonly #schema: Schema;
  readonly #put: (chunk: Chunk) => void;
  readonly #connections = new Map<string, Connection>();
  #closing: Chunk | null = null;

  /** @param put receives the clean connections; bytes are valid during the call */
  constructor(schema: Schema, put: (chunk: Chunk) => void) {
    this.#schema = schema;
    this.#put = put;
  }

  message(message: Message): void {
    const { conn, protocol, tsNs, client, server } = message;
    const at = { conn, tsNs, client, server };
    const connection = this.#connection(at);
    const toServer = message.type === 'request';
    if (protocol === 'http') return this.#http(at, connection, message);
    this.#begin(at, connection);
    const stream = this.#stream(connection, message.stream);
    if (toServer) this.#openRequest(at, connection, message, stream);
    else this.#openResponse(at, connection, message, stream);
    // A response without a message is told by the status of its call.
    if (message.bytes === null && message.length === 0) return;
    const bytes = maskMessage(
      message.bytes ?? new Uint8Array(),
      this.#typeOf(message),
      this.#schema,
    );
    for (const piece of http2.message(message.stream, bytes, message.length)) {
      this.#data(at, connection, toServer, piece);
    }
  }

  call(call: Call): void {
    const { conn, endNs: tsNs, client, server, end } = call;
    const at = { conn, tsNs, client, server };
    const connection = this.#connection(at);
    if (call.protocol === 'http') {
      const { responseOpen } = this.#stream(connection, call.stream);
      connection.streams.delete(call.stream);
      if (responseOpen) this.#whole(at, connection, false, http1.LAST_PIECE);
      return;
    }
    this.#begin(at, connection);
    const stream = this.#stream(connection, call.stream);
    connection.streams.delete(call.stream);
    this.#openRequest(at, connection, call, stream);
    if (end === 'cancelled') {
      this.#whole(at, connection, true, http2.reset(call.stream, call.errorCode ?? CANCEL));
    } else if (end === 'reset' || end === 'refused') {
      const code = call.errorCode ?? (end === 'refused' ? REFUSED_STREAM : INTERNAL_ERROR);
      this.#whole(at, connection, false, http2.reset(call.stream, code));
    } else if (end === 'status') {
      this.#whole(at, connection, true, http2.endOfStream(call.stream));
      this.#openResponse(at, connection, call, stream);
      this.#whole(at, connection, false, http2.headers(call.stream, trailersOf(call), true));
    }
  }

  /** Passes on that a connection was closed; to be called before decoders see the chunk. */
  chunk(chunk: Chunk): void {
    this.end();
    if (chunk.kind === 'close') this.#closing = { ...chunk, bytes: NO_BYTES, offset: 0, length: 0 };
  }

  /** What is still to be passed on, when there are no more chunks. */
  end(): void {
    const closed = this.#closing;
    this.#closing = null;
    // Decoders end the calls of a connection when they see it closed: only now that has happened.
    if (closed !== null && this.#connections.delete(closed.conn)) this.#put(closed);
  }

  #http(at: Place, connection: Connection, message: Message): void {
    const toServer = message.type === 'request';
    if (message.http?.part === 'whole') {
      return this.#whole(at, connection, toServer, http1.whole(message));
    }
    // What a client sends after an upgrade is input of a container, and no part of HTTP.
    if (toServer && message.http?.part === 'raw') return;
    const stream = this.#stream(connection, message.stream);
    const isOpen = toServer ? stream.requestOpen : stream.responseOpen;
    if (!isOpen) this.#whole(at, connection, toServer, http1.beginning(message));
    if (toServer) stream.requestOpen = true;
    else stream.responseOpen = true;
    this.#whole(at, connection, toServer, http1.piece(message));
  }

  #connection(at: Place): Connection {
    const known = this.#connections.get(at.conn);
    if (known !== undefined) return known;
    forgetOldest(this.#connections, MAX_CONNECTIONS);
    const made: Connection = { offsets: [0, 0], streams: new Map(), begun: false };
    this.#connections.set(at.conn, made);
    const nothing = { offset: 0, length: 0, bytes: NO_BYTES };
    this.#put({ kind: 'open', ...at, ...nothing, toServer: true, fromStart: true });
    return made;
  }

  #begin(at: Place, connection: Connection): void {
    if (connection.begun) return;
    connection.begun = true;
    this.#whole(at, connection, true, Buffer.concat([http2.PREFACE, http2.settings()]));
    this.#whole(at, connection, false, http2.settings());
  }

  #stream(connection: Connection, id: number): Stream {
    const known = connection.streams.get(id);
    if (known !== undefined) return known;
    forgetOldest(connection.streams, MAX_STREAMS);
    const made = { requestOpen: false, responseOpen: false };
    connection.streams.set(id, made);
    return made;
  }

  #openRequest(at: Place, connection: Connection, of: Message | Call, stream: Stream): void {
    if (stream.requestOpen) return;
    stream.requestOpen = true;
    // A response brings headers of its own.
    const own = 'type' in of && of.type === 'response' ? null : of.headers;
    const fields = [...requestFields(of), ...metadata(own)];
    this.#whole(at, connection, true, http2.headers(of.stream, fields, false));
  }

  #openResponse(at: Place, connection: Connection, of: Message | Call, stream: Stream): void {
    this.#openRequest(at, connection, of, stream);
    if (stream.responseOpen) return;
    stream.responseOpen = true;
    const own = 'type' in of ? of.headers : null;
    // By now more may be known than when the request was written.
    const fields: Headers = [...RESPONSE_FIELDS, ...labelsOf(of), ...metadata(own)];
    this.#whole(at, connection, false, http2.headers(of.stream, fields, false));
  }

  #whole(at: Place, connection: Connection, toServer: boolean, bytes: Buffer): void {
    this.#data(at, connection, toServer, { bytes, length: bytes.length });
  }

  #data(at: Place, { offsets }: Connection, toServer: boolean, piece: http2.Piece): void {
    if (piece.length === 0) return;
    const direction = toServer ? 1 : 0;
    const offset = offsets[direction];
    offsets[direction] += piece.length;
    this.#put({ kind: 'data', ...at, ...piece, toServer, offset, fromStart: true });
  }

  #typeOf({ method, candidates, type }: Message): MessageType | undefined {
    // Of several methods nothing is known for sure: all text is hidden then.
    if (method === null && candidates.length !== 1) return undefined;
    const known = this.#schema.methods.get(method ?? (candidates[0] as string));
    return type === 'request' ? known?.request : known?.response;
  }
}

interface Place {
  readonly conn: string;
  readonly tsNs: number;
  readonly client: Peer | null;
  readonly server: Peer | null;
}

const NO_BYTES = new Uint8Array();
/** Error codes of HTTP/2 (RFC 9113, 7). */
const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;
const CANCEL = 8;
const RESPONSE_FIELDS: Headers = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
/** What is written anew, or would describe bytes that are no longer those of the original. */
const REPLACED = /^(:.*|content-type|te|grpc-encoding|grpc-status|grpc-message|content-length)$/;

function requestFields(of: LabelledCall): Headers {
  const fields: Headers = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', of.method ?? '/unknown/Unknown'],
    [':authority', 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
  return [...fields, ...labelsOf(of)];
}

/** What of a label the connection itself would not say, or not so. */
function labelsOf({ method, pathSource, candidates, protocol }: LabelledCall): Headers {
  const fields: [string, string][] = [];
  if (protocol !== 'grpc') fields.push([LABELS.protocol, protocol]);
  if (pathSource === 'wire') return fields;
  fields.push([LABELS.pathSource, pathSource]);
  if (method !== null) fields.push([LABELS.method, method]);
  if (candidates.length > 0) fields.push([LABELS.candidates, candidates.join(' ')]);
  return fields;
}

type LabelledCall = Label & Pick<Call, 'protocol'>;

function metadata(headers: Headers | null): Headers {
  return (headers ?? [])
    .filter(([name]) => !REPLACED.test(name))
    .map(([name, value]) => [name, redactHeader(name, value)] as const);
}

function trailersOf({ status, statusMessage, trailers }: Call): Headers {
  const fields: [string, string][] = [];
  if (status !== null) fields.push(['grpc-status', String(status)]);
  if (statusMessage) {
    const encoded = percentEncoded(redactHeader('text', statusMessage));
    fields.push(['grpc-message', encoded]);
  }
  return [...fields, ...metadata(trailers)];
}

/** As gRPC has it for messages: printable ASCII but `%` stays. */
function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}

function forgetOldest<K, V>(map: Map<K, V>, most: number): void {
  if (map.size < most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
