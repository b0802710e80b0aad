import type { Context, ProtocolReader } from '../context.js';
import { GrpcCalls } from '../grpc/calls.js';
import { type Field, HpackError } from '../hpack/table.js';
import { HeaderTracker } from '../hpack/tracker.js';
import type { Naming } from '../infer/naming.js';
import type { CallEnd } from '../message.js';
import { FLAG, FRAME, type FrameHeader, PREFACE } from './frame.js';
import { FrameReader, type FrameSink } from './frame-reader.js';
import { type HeaderBlock, HeaderBlocks } from './header-blocks.js';

/** An HTTP/2 connection that carries gRPC. */
export class Http2Connection implements ProtocolReader {
  #calls: GrpcCalls;
  #toServer: Direction;
  #toClient: Direction;

  /**
   * @param fromStart whether the connection is seen from its first byte, which is the preface's
   */
  constructor(context: Context, naming: Naming, fromStart: boolean) {
    this.#calls = new GrpcCalls(context, naming);
    this.#toServer = new Direction(context, this.#calls, true, fromStart);
    this.#toClient = new Direction(context, this.#calls, false, fromStart);
  }

  data(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void {
    this.#direction(toServer).push(bytes, atEnd);
  }

  skip(toServer: boolean, length: number): void {
    this.#direction(toServer).skip(length);
  }

  end(how: CallEnd): void {
    this.#calls.end(how);
  }

  #direction(toServer: boolean): Direction {
    return toServer ? this.#toServer : this.#toClient;
  }
}

/** One direction: frames to what they mean for calls. */
class Direction implements FrameSink {
  #context: Context;
  #calls: GrpcCalls;
  #toServer: boolean;
  #frames: FrameReader;
  #blocks: HeaderBlocks;
  #headers: HeaderTracker;
  /** Bytes seen so far. */
  #seen = 0;
  /** Bytes of the preface still to come. */
  #preface: number;

  constructor(context: Context, calls: GrpcCalls, toServer: boolean, fromStart: boolean) {
    const { headerBytes } = context.limits;
    this.#context = context;
    this.#calls = calls;
    this.#toServer = toServer;
    this.#frames = new FrameReader(this, fromStart, headerBytes, context.budget);
    this.#blocks = new HeaderBlocks(context.budget, headerBytes);
    this.#headers = new HeaderTracker(fromStart);
    this.#preface = toServer && fromStart ? PREFACE.length : 0;
  }

  push(bytes: Uint8Array, atEnd: boolean): void {
    this.#seen += bytes.length;
    const preface = this.#prefaceIn(bytes);
    this.#preface -= preface;
    this.#frames.push(preface > 0 ? bytes.subarray(preface) : bytes, atEnd);
  }

  skip(length: number): void {
    const preface = Math.min(this.#preface, length);
    this.#preface -= preface;
    if (length > preface) this.#frames.skip(length - preface);
  }

  frame(header: FrameHeader, payload: Uint8Array | null): void {
    switch (header.type) {
      case FRAME.headers:
      case FRAME.continuation: {
        const block = this.#blocks.frame(header, payload);
        if (block !== null) this.#block(block);
        break;
      }
      case FRAME.rstStream:
        this.#calls.reset(this.#toServer, header.stream, payload && uint32At(payload, 0));
        break;
      case FRAME.goaway:
        if (payload !== null && !this.#toServer) {
          this.#calls.goaway(uint32At(payload, 0) & 0x7fffffff, uint32At(payload, 4));
        }
        break;
    }
  }

  dataStart({ stream }: FrameHeader): void {
    this.#calls.call(stream)?.reader(this.#toServer).frameStart();
  }

  data(stream: number, bytes: Uint8Array): void {
    this.#calls.call(stream)?.reader(this.#toServer).data(bytes);
  }

  dataMissing(stream: number, length: number): void {
    this.#calls.call(stream)?.lose(this.#toServer, length);
  }

  dataEnd({ stream, flags }: FrameHeader): void {
    this.#calls.call(stream)?.reader(this.#toServer).frameEnd();
    if (flags & FLAG.endStream) this.#calls.endStream(this.#toServer, stream);
  }

  framesMissing(bytes: number): void {
    if (bytes === 0) return;
    this.#headers.skip(bytes, this.#seen);
    this.#calls.lose(this.#toServer);
  }

  unaligned(bytes: number): void {
    this.#context.undecoded('unaligned', bytes);
  }

  // How much of the preface that is still to come these bytes begin with.
  #prefaceIn(bytes: Uint8Array): number {
    if (this.#preface === 0) return 0;
    const rest = PREFACE.subarray(PREFACE.length - this.#preface);
    const length = Math.min(rest.length, bytes.length);
    if (rest.subarray(0, length).equals(bytes.subarray(0, length))) return length;
    this.#preface = 0;
    return 0;
  }

  #block({ stream, endStream, block, length }: HeaderBlock): void {
    if (block === null) {
      this.#headers.skip(length, this.#seen);
      this.#calls.headersMissing(this.#toServer, stream, endStream);
      return;
    }
    const late = (fields: Field[]) => this.#calls.lateHeaders(this.#toServer, stream, fields);
    let fields: Field[] | null;
    try {
      fields = this.#headers.decode(block, late);
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      this.#context.undecoded('headers', length);
      this.#calls.headersMissing(this.#toServer, stream, endStream);
      return;
    }
    this.#calls.headers(this.#toServer, stream, fields, endStream);
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32BE(at);
}
