import type { Context, ProtocolReader } from '../context.js';
import type { CallEnd, Headers, Label } from '../message.js';
import { type Payload, ttrpcRequest, ttrpcResponse } from './envelope.js';
import { TTRPC, TTRPC_FLAG, type TtrpcHeader } from './frame.js';
import { TtrpcFrameReader } from './frame-reader.js';

const UNSEEN: Label = { method: null, pathSource: 'ambiguous', candidates: [] };

interface Exchange {
  label: Label;
  startNs: number | null;
  headers: Headers | null;
  requests: number;
  responses: number;
  requestBytes: number;
  responseBytes: number;
  missing: number;
}

interface Outcome {
  status: number | null;
  message: string | null;
}

const NOTHING: Outcome = { status: null, message: null };

/** A ttrpc connection: containerd to a shim, or a shim to containerd. It has no state to be missed. */
export class TtrpcConnection implements ProtocolReader {
  #context: Context;
  #readers: readonly [toClient: TtrpcFrameReader, toServer: TtrpcFrameReader];
  #exchanges = new Map<number, Exchange>();

  constructor(context: Context) {
    this.#context = context;
    const reader = (toServer: boolean) =>
      new TtrpcFrameReader(
        {
          frame: (header, body) => this.#frame(toServer, header, body),
          unaligned: (bytes) => context.undecoded('unaligned', bytes),
        },
        toServer,
        context.budget,
        context.limits.messageBytes,
      );
    this.#readers = [reader(false), reader(true)];
  }

  data(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void {
    this.#readers[toServer ? 1 : 0].push(bytes, atEnd);
  }

  skip(toServer: boolean, length: number): void {
    this.#readers[toServer ? 1 : 0].skip(length);
  }

  end(how: CallEnd): void {
    for (const reader of this.#readers) reader.end();
    for (const stream of [...this.#exchanges.keys()]) this.#end(stream, how, NOTHING);
  }

  #frame(toServer: boolean, header: TtrpcHeader, body: Uint8Array): void {
    if (header.type === TTRPC.request) this.#request(header, body);
    else if (header.type === TTRPC.response) this.#response(header, body);
    else this.#data(toServer, header, body);
  }

  #request(header: TtrpcHeader, body: Uint8Array): void {
    const { path, payload, headers } = ttrpcRequest(body, header.length - body.length);
    const exchange = this.#open(header.stream);
    exchange.label = path === null ? UNSEEN : { method: path, pathSource: 'wire', candidates: [] };
    exchange.startNs = this.#context.nowNs;
    exchange.headers = headers;
    // A stream is opened by a request that is no message unless it carries something.
    const opens = (header.flags & TTRPC_FLAG.remoteOpen) !== 0;
    if (!opens || payload.length > 0)
      this.#message(true, header.stream, exchange, payload, NOTHING);
  }

  #response(header: TtrpcHeader, body: Uint8Array): void {
    const { status, message, payload } = ttrpcResponse(body, header.length - body.length);
    const exchange = this.#exchanges.get(header.stream) ?? this.#open(header.stream);
    const outcome = { status, message };
    if (payload.length > 0 || exchange.responses === 0) {
      this.#message(
        false,
        header.stream,
        exchange,
        status === null || status === 0 ? payload : null,
        outcome,
      );
    }
    this.#end(header.stream, 'status', outcome);
  }

  #data(toServer: boolean, { stream, flags, length }: TtrpcHeader, body: Uint8Array): void {
    if (flags & TTRPC_FLAG.noData) return;
    const exchange = this.#exchanges.get(stream) ?? this.#open(stream);
    this.#message(toServer, stream, exchange, { bytes: body, length }, NOTHING);
  }

  #message(
    toServer: boolean,
    stream: number,
    exchange: Exchange,
    payload: Payload | null,
    outcome: Outcome,
  ): void {
    const length = payload?.length ?? 0;
    const missing = length - (payload?.bytes.length ?? 0);
    exchange.missing += missing;
    if (toServer) {
      exchange.requests++;
      exchange.requestBytes += length;
    } else if (payload !== null) {
      exchange.responses++;
      exchange.responseBytes += length;
    }
    const { conn, nowNs, client, server } = this.#context;
    const { method, pathSource, candidates } = exchange.label;
    this.#context.message({
      method,
      pathSource,
      candidates,
      type: toServer ? 'request' : 'response',
      protocol: 'ttrpc',
      conn,
      stream,
      tsNs: nowNs,
      client,
      server,
      bytes: payload !== null && (missing === 0 || missing < length) ? payload.bytes : null,
      length,
      missing,
      headers: toServer ? exchange.headers : null,
      status: payload === null ? outcome.status : null,
      statusMessage: payload === null ? outcome.message : null,
      http: null,
    });
  }

  #open(stream: number): Exchange {
    if (this.#exchanges.size >= this.#context.limits.streams) {
      for (const oldest of this.#exchanges.keys()) {
        this.#context.undecoded('limit', 0);
        this.#end(oldest, 'unfinished', NOTHING);
        break;
      }
    }
    const exchange: Exchange = {
      label: UNSEEN,
      startNs: null,
      headers: null,
      requests: 0,
      responses: 0,
      requestBytes: 0,
      responseBytes: 0,
      missing: 0,
    };
    this.#exchanges.set(stream, exchange);
    return exchange;
  }

  #end(stream: number, how: CallEnd, outcome: Outcome): void {
    const exchange = this.#exchanges.get(stream);
    if (exchange === undefined) return;
    this.#exchanges.delete(stream);
    const { conn, nowNs, client, server } = this.#context;
    const { label, ...rest } = exchange;
    this.#context.call({
      ...label,
      ...rest,
      protocol: 'ttrpc',
      conn,
      stream,
      endNs: nowNs,
      latencyNs: exchange.startNs === null ? null : nowNs - exchange.startNs,
      client,
      server,
      end: how,
      status: outcome.status,
      statusMessage: outcome.message,
      errorCode: null,
      trailers: null,
    });
  }
}
