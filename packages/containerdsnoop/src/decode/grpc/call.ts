import type { Context } from '../context.js';
import type { Field } from '../hpack/table.js';
import type { CallName } from '../infer/name.js';
import type { CallEnd, Headers, Label } from '../message.js';
import { decompress } from './compression.js';
import { headerValue, knownHeaders, type Outcome } from './headers.js';
import { MessageReader, type MessageSink, type RawMessage } from './messages.js';

/** What a call is told, and what it tells of one direction. */
interface Side {
  reader: MessageReader;
  headers: Headers | null;
  messages: number;
  bytes: number;
}

const NOT_YET: Label = { method: null, pathSource: 'ambiguous', candidates: [] };
const NOTHING: Outcome = { status: null, message: null };

/** One gRPC call: a stream of an HTTP/2 connection. */
export class GrpcCall {
  readonly stream: number;
  #context: Context;
  #name: CallName | null = null;
  #request: Side;
  #response: Side;
  #startNs: number | null = null;
  #answeredNs = 0;
  /** When it ended, if that was not now. */
  #endedNs: number | null = null;
  #outcome: Outcome = NOTHING;
  #trailers: Headers | null = null;
  #missing = 0;
  /** Whether something of it was not seen, or could not be read. */
  #isLossy = false;

  /** @param isNew whether the stream begins now: before its first message there is none that was missed */
  constructor(context: Context, stream: number, isNew: boolean) {
    this.#context = context;
    this.stream = stream;
    this.#request = this.#side(true, isNew);
    this.#response = this.#side(false, isNew);
  }

  get requestHeaders(): Headers | null {
    return this.#request.headers;
  }

  /** Messages of the response so far. */
  get responses(): number {
    return this.#response.messages;
  }

  /** Whether all is said but the trailers: a method that is known for sure has one answer. */
  get isAnswered(): boolean {
    if (this.#response.messages === 0 || this.#label().pathSource !== 'wire') return false;
    return this.#name?.method()?.serverStreaming === false;
  }

  get name(): CallName | null {
    return this.#name;
  }

  /** Data of one direction was not seen: so much, or nobody knows how much. */
  lose(toServer: boolean, length: number | null): void {
    this.#isLossy = true;
    const reader = this.reader(toServer);
    if (length === null) reader.lose();
    else reader.missing(length);
  }

  reader(toServer: boolean): MessageReader {
    return (toServer ? this.#request : this.#response).reader;
  }

  /** Headers of the request, as they are; names and values come with `named()`. */
  begun(): void {
    this.#startNs = this.#context.nowNs;
  }

  named(name: CallName, fields: readonly Field[]): void {
    this.#name = name;
    this.#request.headers = knownHeaders(fields);
  }

  /** Its headers were not seen: only its messages tell what it is. */
  unnamed(name: CallName): void {
    this.#name = name;
  }

  responseHeaders(fields: readonly Field[]): void {
    this.#response.headers = knownHeaders(fields);
  }

  finished(fields: readonly Field[], outcome: Outcome): void {
    this.#trailers = knownHeaders(fields);
    this.#outcome = outcome;
  }

  /** Its trailers were not seen: it ended with its answer. */
  endedByAnswer(): void {
    this.#endedNs = this.#answeredNs;
  }

  /** The call is over: says so. */
  end(how: CallEnd, errorCode: number | null): void {
    this.#request.reader.end();
    this.#response.reader.end();
    this.#name?.end(this.#outcome, this.#startNs !== null && !this.#isLossy);
    if (how === 'status' && this.#response.messages === 0) this.#emptyResponse();
    const { nowNs, conn, client, server } = this.#context;
    const endNs = this.#endedNs ?? nowNs;
    const { method, pathSource, candidates } = this.#label();
    this.#context.call({
      method,
      pathSource,
      candidates,
      protocol: 'grpc',
      conn,
      stream: this.stream,
      startNs: this.#startNs,
      endNs,
      latencyNs: this.#startNs === null ? null : endNs - this.#startNs,
      client,
      server,
      end: how,
      status: this.#outcome.status,
      statusMessage: this.#outcome.message,
      errorCode,
      requests: this.#request.messages,
      responses: this.#response.messages,
      requestBytes: this.#request.bytes,
      responseBytes: this.#response.bytes,
      missing: this.#missing,
      headers: this.#request.headers,
      trailers: this.#trailers,
    });
  }

  #side(toServer: boolean, aligned: boolean): Side {
    const { limits, budget } = this.#context;
    const sink: MessageSink = {
      message: (message) => this.#message(toServer, message),
      unaligned: (bytes) => this.#context.undecoded('unaligned', bytes),
    };
    const reader = new MessageReader(sink, aligned, budget, limits.messageBytes);
    return { reader, headers: null, messages: 0, bytes: 0 };
  }

  #message(toServer: boolean, raw: RawMessage): void {
    const side = toServer ? this.#request : this.#response;
    side.messages++;
    side.bytes += raw.length;
    if (!toServer) this.#answeredNs = this.#context.nowNs;
    const { bytes, length } = this.#unpacked(side, raw);
    const missing = length - (bytes?.length ?? 0);
    this.#missing += missing;
    if (missing > 0) this.#isLossy = true;
    if (bytes !== null) {
      if (toServer) this.#name?.request(bytes, missing === 0);
      else this.#name?.response(bytes, missing === 0);
    }
    this.#emit(toServer, bytes, length, missing, NOTHING);
  }

  #unpacked(side: Side, raw: RawMessage): { bytes: Uint8Array | null; length: number } {
    const isUnseen = raw.bytes.length === 0 && raw.length > 0;
    if (!raw.compressed) return { bytes: isUnseen ? null : raw.bytes, length: raw.length };
    const { limits } = this.#context;
    const encoding = headerValue(side.headers, 'grpc-encoding');
    const isWhole = raw.bytes.length === raw.length;
    const bytes = isWhole ? decompress(raw.bytes, encoding, limits.messageBytes) : null;
    if (bytes === null) this.#context.undecoded('compression', raw.bytes.length);
    return { bytes, length: bytes?.length ?? raw.length };
  }

  // Fields are named one by one where messages are made: spreading costs half of all decoding.
  #label(): Label {
    return this.#name?.label() ?? NOT_YET;
  }

  // An outcome without a message ("trailers only") is a response all the same.
  #emptyResponse(): void {
    this.#emit(false, null, 0, 0, this.#outcome);
  }

  #emit(
    toServer: boolean,
    bytes: Uint8Array | null,
    length: number,
    missing: number,
    outcome: Outcome,
  ): void {
    const { conn, nowNs, client, server } = this.#context;
    const { method, pathSource, candidates } = this.#label();
    this.#context.message({
      method,
      pathSource,
      candidates,
      type: toServer ? 'request' : 'response',
      protocol: 'grpc',
      conn,
      stream: this.stream,
      tsNs: nowNs,
      client,
      server,
      bytes,
      length,
      missing,
      headers: (toServer ? this.#request : this.#response).headers,
      status: outcome.status,
      statusMessage: outcome.message,
      http: null,
    });
  }
}
