// An OpenTelemetry collector for tests: takes OTLP over HTTP as well or as badly as it is told to.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A log record, as far as tests look at it. */
export interface ReceivedLog {
  readonly timeNs: bigint;
  readonly severity: string;
  readonly body: string;
  readonly eventName: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** How a request is answered: with a status, never, or by closing the connection. */
export type Answer = number | 'hang' | 'close' | { readonly rejected: number };

/** A server on loopback. */
export class OtlpReceiver {
  /** Log records of requests that were answered with 200. */
  readonly logs: ReceivedLog[] = [];
  /** The same of requests that were not. */
  readonly refused: ReceivedLog[] = [];
  /** Attributes of the resource of the last request. */
  resource: Readonly<Record<string, unknown>> = {};
  /** How many requests with metrics came. */
  metrics = 0;
  answer: Answer = 200;
  readonly #server: Server;
  #onRequest: () => void = () => {};

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(answer: Answer = 200, port = 0): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.answer = answer;
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves once it is so; looked at after each request. */
  async until(is: () => boolean): Promise<void> {
    while (!is())
      await new Promise<void>((resolve) => {
        this.#onRequest = resolve;
      });
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { answer } = this;
    const isLogs = request.url === '/v1/logs';
    if (isLogs) this.#read(Buffer.concat(chunks), typeof answer === 'object' || answer === 200);
    else if (answer === 200) this.metrics++;
    if (answer === 'close') request.socket.destroy();
    else if (typeof answer === 'object')
      response.end(isLogs ? partialSuccess(answer.rejected) : '');
    else if (answer !== 'hang') response.writeHead(answer).end();
    this.#onRequest();
  }

  #read(body: Buffer, isTaken: boolean): void {
    for (const resourceLogs of children(body, 1)) {
      this.resource = Object.fromEntries(
        children(resourceLogs, 1).flatMap((resource) => children(resource, 1).map(keyValue)),
      );
      for (const scopeLogs of children(resourceLogs, 2))
        (isTaken ? this.logs : this.refused).push(...children(scopeLogs, 2).map(logOf));
    }
  }
}

/** ExportLogsServiceResponse with so many rejected. */
function partialSuccess(rejected: number): Buffer {
  return Buffer.from([0x0a, 0x02, 0x08, rejected]);
}

function logOf(bytes: Buffer): ReceivedLog {
  const [time] = values(bytes, 1);
  const text = (field: number) => children(bytes, field)[0]?.toString() ?? '';
  return {
    timeNs: (time as Buffer).readBigUInt64LE(),
    severity: text(3),
    body: String(children(bytes, 5).map(anyValue)[0]),
    eventName: text(12),
    attributes: Object.fromEntries(children(bytes, 6).map(keyValue)),
  };
}

function keyValue(bytes: Buffer): [string, unknown] {
  return [String(children(bytes, 1)[0]), children(bytes, 2).map(anyValue)[0]];
}

/** Texts, booleans, integers, doubles and lists of them. */
function anyValue(bytes: Buffer): unknown {
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) return value.toString();
    if (field === 2) return varint(value) !== 0n;
    if (field === 3) return Number(BigInt.asIntN(64, varint(value)));
    if (field === 4) return value.readDoubleLE();
    if (field === 5) return children(value, 1).map(anyValue);
  }
  return null;
}

const values = (bytes: Buffer, wanted: number): Buffer[] =>
  [...fieldsOf(bytes)].filter(([field]) => field === wanted).map(([, value]) => value);
const children = values;

/** Fields of a protobuf message: number, and the bytes of the value. */
function* fieldsOf(bytes: Buffer): Generator<[number, Buffer]> {
  for (let at = 0; at < bytes.length; ) {
    const tagEnd = endOfVarint(bytes, at);
    const tag = Number(varint(bytes.subarray(at, tagEnd)));
    const [start, end] = extent(bytes, tagEnd, tag & 7);
    yield [tag >> 3, bytes.subarray(start, end)];
    at = end;
  }
}

function extent(bytes: Buffer, at: number, wire: number): [start: number, end: number] {
  if (wire === 0) return [at, endOfVarint(bytes, at)];
  if (wire === 1) return [at, at + 8];
  if (wire === 5) return [at, at + 4];
  const start = endOfVarint(bytes, at);
  return [start, start + Number(varint(bytes.subarray(at, start)))];
}

function endOfVarint(bytes: Buffer, at: number): number {
  let end = at;
  while (((bytes[end] as number) & 0x80) !== 0) end++;
  return end + 1;
}

function varint(bytes: Buffer): bigint {
  return bytes.reduce((sum, byte, i) => sum | (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n);
}
