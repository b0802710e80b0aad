import type { Context } from '../context.js';
import type { Field } from '../hpack/table.js';
import type { Naming } from '../infer/naming.js';
import type { CallEnd } from '../message.js';
import { GrpcCall } from './call.js';
import { outcomeOf } from './headers.js';

/** Streams that ended lately: what still comes on them begins no call. */
const ENDED_STREAMS = 512;
/** How much later than a hole the trailers of a call that was answered before may still come. */
const TRAILERS_LATE_NS = 1e9;
const NO_ERROR = 0;
const REFUSED_STREAM = 7; // RFC 9113, 7

/** The calls under way on one HTTP/2 connection. */
export class GrpcCalls {
  #context: Context;
  #naming: Naming;
  #calls = new Map<number, GrpcCall>();
  #ended = new Set<number>();
  /** Calls whose trailers may be in a hole, as they have been answered: since when, oldest first. */
  #answered = new Map<number, number>();
  /** Status of trailers' entries from before the capture, as found out. */
  #learned = new WeakMap<Field, number>();

  constructor(context: Context, naming: Naming) {
    this.#context = context;
    this.#naming = naming;
  }

  /** The call of a stream; one that was open before the capture if it is new; null if it ended. */
  call(stream: number): GrpcCall | null {
    const call = this.#calls.get(stream);
    if (call !== undefined) return call;
    if (this.#ended.has(stream)) return null;
    const unseen = this.#open(stream, false);
    unseen.unnamed(this.#naming.unseen());
    return unseen;
  }

  /** @param fields null if they come later, or never */
  headers(toServer: boolean, stream: number, fields: Field[] | null, endStream: boolean): void {
    if (toServer) this.#request(stream, fields);
    else this.#response(stream, fields, endStream);
  }

  /** Fields of headers that were given as null before. */
  lateHeaders(toServer: boolean, stream: number, fields: Field[]): void {
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    if (toServer) call.named(this.#naming.request(fields), fields);
    else call.responseHeaders(fields);
  }

  /** Headers came, but nobody knows what they said. */
  headersMissing(toServer: boolean, stream: number, endStream: boolean): void {
    this.headers(toServer, stream, null, endStream);
    if (toServer) this.#naming.hole();
    if (toServer) this.#calls.get(stream)?.unnamed(this.#naming.unseen());
  }

  /** The last DATA of one direction. */
  endStream(toServer: boolean, stream: number): void {
    // Servers end calls with trailers; DATA that does is no gRPC, but it is over.
    if (!toServer) this.#end(stream, 'status');
  }

  /** @param code error code, null if it was not seen */
  reset(toServer: boolean, stream: number, code: number | null): void {
    if (!this.#calls.has(stream)) return;
    if (!toServer && code === REFUSED_STREAM) this.#end(stream, 'refused', code);
    else if (!toServer && code === NO_ERROR) this.#end(stream, 'status', code);
    else this.#end(stream, toServer ? 'cancelled' : 'reset', code);
  }

  /** The server looks at no stream after `last`. */
  goaway(last: number, code: number): void {
    for (const stream of [...this.#calls.keys()]) {
      if (stream > last) this.#end(stream, 'refused', code);
    }
  }

  /** Frames of one direction were not seen. */
  lose(toServer: boolean): void {
    if (toServer) this.#naming.hole();
    for (const [stream, call] of this.#calls) {
      call.lose(toServer, null);
      if (!toServer && call.isAnswered && !this.#answered.has(stream))
        this.#answered.set(stream, this.#context.nowNs);
    }
  }

  end(how: CallEnd): void {
    for (const stream of [...this.#calls.keys()]) this.#end(stream, how);
  }

  #request(stream: number, fields: Field[] | null): void {
    const old = this.#calls.get(stream);
    const call = old ?? this.#open(stream, true);
    call.reader(true).align();
    call.begun();
    if (fields !== null) call.named(this.#naming.request(fields), fields);
  }

  #response(stream: number, fields: Field[] | null, endStream: boolean): void {
    const call = this.call(stream);
    if (call === null) return;
    if (!endStream) {
      call.reader(false).align();
      if (fields !== null) call.responseHeaders(fields);
      return;
    }
    if (fields !== null) {
      this.#learn(call, fields);
      call.finished(fields, outcomeOf(fields, this.#learned));
    }
    this.#end(stream, 'status');
  }

  // A unary call that was answered has succeeded: so its trailers say that.
  #learn(call: GrpcCall, fields: readonly Field[]): void {
    const [first] = fields;
    if (first === undefined || first.name !== null || first.value !== null) return;
    if (call.responses === 0 || call.name?.method()?.serverStreaming !== false) return;
    this.#learned.set(first, 0);
  }

  #open(stream: number, isNew: boolean): GrpcCall {
    if (this.#answered.size > 0) this.#endAnswered();
    this.#ended.delete(stream);
    if (this.#calls.size >= this.#context.limits.streams) {
      for (const oldest of this.#calls.keys()) {
        this.#context.undecoded('limit', 0);
        this.#end(oldest, 'unfinished');
        break;
      }
    }
    const call = new GrpcCall(this.#context, stream, isNew);
    this.#calls.set(stream, call);
    return call;
  }

  #end(stream: number, how: CallEnd, code: number | null = null): void {
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    this.#calls.delete(stream);
    this.#answered.delete(stream);
    this.#ended.add(stream);
    if (this.#ended.size > ENDED_STREAMS) {
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
    }
    call.end(how, code);
  }

  /** Ends calls whose trailers were missed: else they would stay until there are too many. */
  #endAnswered(): void {
    for (const [stream, sinceNs] of this.#answered) {
      if (this.#context.nowNs - sinceNs < TRAILERS_LATE_NS) return;
      this.#calls.get(stream)?.endedByAnswer();
      this.#end(stream, 'status');
    }
  }
}
