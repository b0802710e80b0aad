/**
 * gRPC (grpc.io, "gRPC over HTTP2") on Node's own HTTP/2 client: unary calls and server streams
 * over one connection to a Unix socket. Not @grpc/grpc-js: that adds 600 kB to each bundled tool
 * and 30 to 60 ms to the start of a name filter, and it reconnects behind its caller's back,
 * which is a refused system call once privileges are dropped.
 */
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { ContainersError, reason } from './errors.js';

/** A daemon on this machine that needs longer than this is as good as stuck. */
const CALL_MS = 5000;
/** containerd's and kubelet's own limit is 16 MiB. */
const MAX_MESSAGE_BYTES = 64 << 20;
const PREFIX_BYTES = 5;

export const UNIMPLEMENTED = 12;

/** A call that the server answered with a status other than OK, or not at all (status -1). */
export class GrpcError extends ContainersError {
  readonly status: number;

  constructor(method: string, status: number, text: string) {
    super('RUNTIME_CALL_FAILED', `${method}: ${text}`, {
      hint: 'The runtime refused or broke off a read-only question; its log may say why.',
    });
    this.status = status;
  }
}

/** Cuts a stream of bytes into messages: a flag byte, the length in four, the message. */
export class MessageSplitter {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** The messages that the chunk completes. Throws Error on compression or an absurd length. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const messages: Uint8Array[] = [];
    for (;;) {
      if (this.#length < PREFIX_BYTES) return messages;
      const head = this.#peek(PREFIX_BYTES);
      if (head.readUInt8(0) !== 0) throw new Error('compressed message, though none was asked for');
      const length = head.readUInt32BE(1);
      if (length > MAX_MESSAGE_BYTES) throw new Error(`message of ${length} bytes`);
      if (this.#length < PREFIX_BYTES + length) return messages;
      const all = Buffer.concat(this.#chunks);
      messages.push(all.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
      this.#chunks = [all.subarray(PREFIX_BYTES + length)];
      this.#length -= PREFIX_BYTES + length;
    }
  }

  #peek(bytes: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= bytes) return Buffer.from(first.subarray(0, bytes));
    return Buffer.concat(this.#chunks).subarray(0, bytes);
  }
}

export interface CallOptions {
  /** Request metadata, e.g. containerd's namespace. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Without a limit the call may last as long as the connection: for subscriptions. */
  readonly unlimited?: boolean;
}

export class GrpcClient {
  /** Settles when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
    this.closed = new Promise((resolve) => session.once('close', resolve));
    session.on('error', () => {}); // each open call reports it
    session.unref();
  }

  /** Throws the system's error (ECONNREFUSED, EACCES, ...). */
  static async connect(path: string): Promise<GrpcClient> {
    const [http2, net] = await Promise.all([import('node:http2'), import('node:net')]);
    const socket = net.connect({ path });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const session = http2.connect('http://localhost', { createConnection: () => socket });
    return new GrpcClient(session);
  }

  close(): void {
    this.#session.destroy();
  }

  /** One request, one reply. Throws GrpcError. */
  async call(method: string, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    let reply: Uint8Array | undefined;
    await this.stream(method, request, (message) => (reply = message), options);
    return reply ?? new Uint8Array();
  }

  /** One request, many replies; returns after the last. Throws GrpcError. */
  async stream(
    method: string,
    request: Uint8Array,
    onMessage: (message: Uint8Array) => void,
    { metadata = {}, unlimited = false }: CallOptions = {},
  ): Promise<void> {
    const fail = (error: unknown): never => {
      throw error instanceof GrpcError ? error : new GrpcError(method, -1, reason(error));
    };
    if (this.#session.destroyed) fail(new Error('connection closed'));
    const headers: OutgoingHttpHeaders = {
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata,
    };
    const stream = this.#session.request(headers);
    const timer = unlimited
      ? undefined
      : setTimeout(() => stream.destroy(new Error(`no answer in ${CALL_MS / 1000} s`)), CALL_MS);
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(request.length, 1);
    stream.end(Buffer.concat([prefix, request]));
    try {
      await read(method, stream, onMessage);
    } catch (error) {
      stream.destroy();
      fail(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The status stands in the trailers, or in the headers when there is nothing else. */
async function read(
  method: string,
  stream: ClientHttp2Stream,
  onMessage: (message: Uint8Array) => void,
): Promise<void> {
  const splitter = new MessageSplitter();
  let status = -1;
  let text = 'connection ended without a status';
  const note = (headers: Record<string, unknown>): void => {
    if (headers['grpc-status'] === undefined) return;
    status = Number(headers['grpc-status']);
    const said = String(headers['grpc-message'] ?? '');
    text = `status ${status}${said && ` (${percentDecoded(said)})`}`;
  };
  stream.on('response', note);
  stream.on('trailers', note);
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const message of splitter.push(chunk)) onMessage(message);
      } catch (error) {
        reject(error);
      }
    });
    stream.on('error', reject);
    stream.on('close', resolve);
  });
  if (status !== 0) throw new GrpcError(method, status, text);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
