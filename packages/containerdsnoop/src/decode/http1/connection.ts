import type { Context, ProtocolReader } from '../context.js';
import type { CallEnd } from '../message.js';
import { HttpExchange } from './exchange.js';
import { type Framing, framingOf, type Head } from './head.js';
import { HttpMessageReader } from './message-reader.js';
import { StdcopyReader } from './stdcopy.js';

const SWITCHING = 101;
/** Bodies that are a container's output, as Docker multiplexes it. */
const OUTPUT = /^application\/vnd\.docker\.(?:raw|multiplexed)-stream/;

/** Makes a reader for what follows an upgrade to HTTP/2. */
export type UpgradeFactory = (context: Context) => ProtocolReader;

/** An HTTP/1.1 connection: Docker's API. */
export class HttpConnection implements ProtocolReader {
  #context: Context;
  #upgradeTo: UpgradeFactory;
  #readers: readonly [toClient: HttpMessageReader, toServer: HttpMessageReader];
  /** Those whose response is not over, the oldest first. */
  #exchanges: HttpExchange[] = [];
  #count = 0;
  /** The exchange that turned the connection into something else. */
  #upgraded: HttpExchange | null = null;
  #isSwitched = false;
  #next: ProtocolReader | null = null;
  #output: StdcopyReader | null = null;

  constructor(context: Context, upgradeTo: UpgradeFactory) {
    this.#context = context;
    this.#upgradeTo = upgradeTo;
    this.#readers = [this.#reader(false), this.#reader(true)];
  }

  data(toServer: boolean, bytes: Uint8Array, atEnd: boolean): void {
    if (this.#next !== null) this.#next.data(toServer, bytes, atEnd);
    else if (this.#isSwitched) this.#raw(toServer, bytes);
    else this.#readers[toServer ? 1 : 0].push(bytes, atEnd);
  }

  skip(toServer: boolean, length: number): void {
    if (this.#next !== null) this.#next.skip(toServer, length);
    else if (this.#isSwitched) {
      if (!toServer) this.#output?.skip(length);
    } else this.#readers[toServer ? 1 : 0].skip(length);
  }

  end(how: CallEnd): void {
    this.#next?.end(how);
    for (const reader of this.#readers) reader.end();
    for (const exchange of this.#exchanges.splice(0)) exchange.end(how);
    this.#upgraded?.end(this.#isSwitched ? 'status' : how);
    this.#upgraded = null;
  }

  #reader(toServer: boolean): HttpMessageReader {
    const context = this.#context;
    const current = () => this.#current(toServer);
    const sink = {
      head: (head: Head) => this.#head(toServer, head),
      body: (bytes: Uint8Array) => this.#body(toServer, bytes),
      bodyMissing: (length: number) => current().missing(toServer, length),
      pause: () => current().pause(toServer),
      end: () => this.#over(toServer),
      raw: (bytes: Uint8Array, atEnd: boolean) => this.data(toServer, bytes, atEnd),
      lost: () => this.#lost(),
      unaligned: (bytes: number) => context.undecoded('unaligned', bytes),
    };
    return new HttpMessageReader(sink, toServer, context.budget, context.limits.headerBytes);
  }

  #head(toServer: boolean, head: Head): Framing | { kind: 'raw' } {
    if (toServer) {
      this.#open().head(true, head);
      return framingOf(head, null);
    }
    const exchange = this.#current(false);
    const status = head.status as number;
    exchange.head(false, head);
    if (status === SWITCHING || (status < 300 && exchange.verb === 'CONNECT')) {
      this.#switch(exchange);
      return { kind: 'raw' };
    }
    const type = head.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
    this.#output = OUTPUT.test(type) ? this.#outputOf(exchange) : null;
    return framingOf(head, exchange.verb);
  }

  #body(toServer: boolean, bytes: Uint8Array): void {
    if (!toServer && this.#output !== null) this.#output.push(bytes);
    else this.#current(toServer).body(toServer, bytes);
  }

  #over(toServer: boolean): void {
    const exchange = this.#current(toServer);
    if (!toServer && exchange.interim()) return;
    exchange.over(toServer);
    if (toServer) return;
    this.#exchanges.shift();
    exchange.end('status');
  }

  /** The exchange that bytes of a direction belong to: requests to the last, responses to the first. */
  #current(toServer: boolean): HttpExchange {
    return (toServer ? this.#exchanges.at(-1) : this.#exchanges[0]) ?? this.#open();
  }

  #open(): HttpExchange {
    if (this.#exchanges.length >= this.#context.limits.streams) {
      this.#context.undecoded('limit', 0);
      this.#exchanges.shift()?.end('unfinished');
    }
    const exchange = new HttpExchange(this.#context, ++this.#count);
    this.#exchanges.push(exchange);
    return exchange;
  }

  // Which response belongs to which request is known again at the next request.
  #lost(): void {
    for (const exchange of this.#exchanges.splice(0)) exchange.end('unfinished');
  }

  #switch(exchange: HttpExchange): void {
    this.#exchanges.shift();
    this.#upgraded = exchange;
    this.#isSwitched = true;
    this.#output = this.#outputOf(exchange);
    if (/\bh2c\b/i.test(exchange.upgrade ?? '')) this.#next = this.#upgradeTo(this.#context);
  }

  #outputOf(exchange: HttpExchange): StdcopyReader {
    return new StdcopyReader((channel, bytes) => exchange.raw(false, bytes, channel));
  }

  #raw(toServer: boolean, bytes: Uint8Array): void {
    if (toServer) this.#upgraded?.raw(true, bytes, 'stdin');
    else this.#output?.push(bytes);
  }
}
