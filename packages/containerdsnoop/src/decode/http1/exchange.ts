import { Collector } from '../collector.js';
import type { Context } from '../context.js';
import { headerValue } from '../grpc/headers.js';
import type { CallEnd, Headers, HttpInfo } from '../message.js';
import type { Head } from './head.js';
import type { Channel } from './stdcopy.js';

const SWITCHING = 101;
/** Text in which each line is one thing: events, progress, statistics. */
const LINES = /json|^text\//;
const LF = 0x0a;

interface Side {
  head: Head | null;
  body: Collector;
  /** Bytes of the body since the last message, seen or not. */
  length: number;
  messages: number;
  bytes: number;
  missing: number;
  endNs: number | null;
}

/** A request and its response. */
export class HttpExchange {
  readonly number: number;
  #context: Context;
  #startNs: number | null = null;
  #request: Side;
  #response: Side;

  constructor(context: Context, number: number) {
    this.#context = context;
    this.number = number;
    this.#request = side(context);
    this.#response = side(context);
  }

  get verb(): string | null {
    return this.#request.head?.verb ?? null;
  }

  /** Whether the request asked for another protocol. */
  get upgrade(): string | null {
    return headerValue(this.#request.head?.headers ?? null, 'upgrade');
  }

  head(toServer: boolean, head: Head): void {
    const at = this.#side(toServer);
    at.head = head;
    if (toServer) this.#startNs = this.#context.nowNs;
    if (head.status === SWITCHING) at.endNs = this.#context.nowNs;
  }

  body(toServer: boolean, bytes: Uint8Array): void {
    const at = this.#side(toServer);
    at.length += bytes.length;
    at.body.add(bytes);
  }

  missing(toServer: boolean, length: number): void {
    const at = this.#side(toServer);
    at.length += length;
    at.body.break();
  }

  /** The body may go on for long: says what there is of it if it is a line. */
  pause(toServer: boolean): void {
    const at = this.#side(toServer);
    const type = headerValue(at.head?.headers ?? null, 'content-type') ?? '';
    if (at.length > 0 && LINES.test(type) && at.body.bytes.at(-1) === LF)
      this.#flush(toServer, 'piece');
  }

  /** Whether the response so far only asks for patience (1xx); what comes next is the response. */
  interim(): boolean {
    const status = this.#response.head?.status ?? 0;
    if (status < 100 || status >= 200) return false;
    this.#response.head = null;
    return true;
  }

  /** The message of one side is over. */
  over(toServer: boolean): void {
    const at = this.#side(toServer);
    at.endNs = this.#context.nowNs;
    if (at.messages === 0 || at.length > 0) {
      this.#flush(toServer, at.messages === 0 ? 'whole' : 'piece');
    }
  }

  /** Bytes after an upgrade, or of a stream that has no end. */
  raw(toServer: boolean, bytes: Uint8Array, channel: Channel | null): void {
    const at = this.#side(toServer);
    this.#count(at, bytes.length, 0);
    this.#message(toServer, bytes, bytes.length, 'raw', channel);
  }

  end(how: CallEnd): void {
    for (const toServer of [true, false]) {
      const at = this.#side(toServer);
      if (at.length > 0) this.#flush(toServer, 'piece');
      at.body.clear();
    }
    const { conn, nowNs, client, server } = this.#context;
    const endNs = this.#response.endNs ?? nowNs;
    const { method, pathSource, candidates } = this.#label();
    const answered = this.#startNs !== null && this.#response.endNs !== null;
    this.#context.call({
      method,
      pathSource,
      candidates,
      protocol: 'http',
      conn,
      stream: this.number,
      startNs: this.#startNs,
      endNs,
      latencyNs: answered ? endNs - (this.#startNs as number) : null,
      client,
      server,
      end: how,
      status: this.#response.head?.status ?? null,
      statusMessage: this.#response.head?.reason ?? null,
      errorCode: null,
      requests: this.#request.messages,
      responses: this.#response.messages,
      requestBytes: this.#request.bytes,
      responseBytes: this.#response.bytes,
      missing: this.#request.missing + this.#response.missing,
      headers: this.#request.head?.headers ?? null,
      trailers: null,
    });
  }

  #side(toServer: boolean): Side {
    return toServer ? this.#request : this.#response;
  }

  #flush(toServer: boolean, part: HttpInfo['part']): void {
    const at = this.#side(toServer);
    const { body, length } = at;
    const missing = length - body.length;
    this.#count(at, length, missing);
    at.length = 0;
    this.#message(
      toServer,
      missing > 0 && body.length === 0 ? null : body.bytes,
      length,
      part,
      null,
    );
    body.clear();
  }

  #count(at: Side, length: number, missing: number): void {
    at.messages++;
    at.bytes += length;
    at.missing += missing;
  }

  #label() {
    const { verb, target } = this.#request.head ?? { verb: null, target: null };
    const method = verb === null ? null : `${verb} ${target}`;
    const pathSource = method === null ? ('ambiguous' as const) : ('wire' as const);
    return { method, pathSource, candidates: [] };
  }

  #message(
    toServer: boolean,
    bytes: Uint8Array | null,
    length: number,
    part: HttpInfo['part'],
    channel: Channel | null,
  ): void {
    const { method, pathSource, candidates } = this.#label();
    const headers: Headers | null = this.#side(toServer).head?.headers ?? null;
    const { conn, nowNs, client, server } = this.#context;
    this.#context.message({
      method,
      pathSource,
      candidates,
      type: toServer ? 'request' : 'response',
      protocol: 'http',
      conn,
      stream: this.number,
      tsNs: nowNs,
      client,
      server,
      bytes,
      length,
      missing: length - (bytes?.length ?? 0),
      headers,
      status: null,
      statusMessage: null,
      http: {
        verb: this.#request.head?.verb ?? null,
        target: this.#request.head?.target ?? null,
        status: this.#response.head?.status ?? null,
        contentType: headerValue(headers, 'content-type'),
        part,
        channel,
      },
    });
  }
}

function side({ budget, limits }: Context): Side {
  return {
    head: null,
    body: new Collector(budget, limits.messageBytes),
    length: 0,
    messages: 0,
    bytes: 0,
    missing: 0,
    endNs: null,
  };
}
