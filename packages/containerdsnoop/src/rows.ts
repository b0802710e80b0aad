import type { JsonWriter } from '@imagesnoop/output';
import type { Peer } from './decode/chunk.js';
import type { Call, CallEnd, Headers, Message, PathSource, Protocol } from './decode/message.js';
import { isError } from './status.js';

/** What a line is about: a message, or a whole call. */
export type RowType = 'request' | 'response' | 'call';

/** A message or a call as it is shown. */
export interface CallRow {
  readonly type: RowType;
  readonly tsNs: number;
  /** Who wrote it; of a call the client. */
  readonly actor: Peer | null;
  readonly peer: Peer | null;
  readonly conn: string;
  readonly stream: number;
  readonly protocol: Protocol;
  readonly method: string | null;
  readonly pathSource: PathSource;
  readonly candidates: readonly string[];
  readonly status: number | null;
  readonly statusMessage: string | null;
  /** Of calls. */
  readonly end: CallEnd | null;
  readonly latencyNs: number | null;
  readonly requests: number | null;
  readonly responses: number | null;
  readonly requestBytes: number | null;
  readonly responseBytes: number | null;
  /** Of a message, uncompressed. */
  readonly bytes: number | null;
  /** Bytes of messages that were not captured. */
  readonly missing: number;
  readonly headers: Headers | null;
  /** The message itself; of a call the first request and the last response. */
  readonly content: Content;
}

/** What a row's message says, in the forms that outputs ask for. */
export interface Content {
  /** One line; `characters` bounds its length. */
  text(characters: number): string;
  /** Appends an object in JSON, or null. */
  json(out: JsonWriter): void;
  /** The same, if this is its method: what the message alone did not tell may be known later. */
  as(method: string | null): Content;
}

/** @param method as it may be shown */
export function messageRow(message: Message, content: Content, method: string | null): CallRow {
  const { type, client, server, conn, stream, protocol, tsNs, status } = message;
  const isRequest = type === 'request';
  return {
    type,
    tsNs,
    actor: isRequest ? client : server,
    peer: isRequest ? server : client,
    conn,
    stream,
    protocol,
    method,
    pathSource: message.pathSource,
    candidates: message.candidates,
    status: status ?? message.http?.status ?? null,
    statusMessage: message.statusMessage,
    end: null,
    latencyNs: null,
    requests: null,
    responses: null,
    requestBytes: null,
    responseBytes: null,
    bytes: message.length,
    missing: message.missing,
    headers: message.headers,
    content,
  };
}

/** @param method as it may be shown */
export function callRow(call: Call, content: Content, method: string | null): CallRow {
  return {
    type: 'call',
    tsNs: call.startNs ?? call.endNs,
    actor: call.client,
    peer: call.server,
    conn: call.conn,
    stream: call.stream,
    protocol: call.protocol,
    method,
    pathSource: call.pathSource,
    candidates: call.candidates,
    status: call.status,
    statusMessage: call.statusMessage,
    end: call.end,
    latencyNs: call.latencyNs,
    requests: call.requests,
    responses: call.responses,
    requestBytes: call.requestBytes,
    responseBytes: call.responseBytes,
    bytes: null,
    missing: call.missing,
    headers: call.headers,
    content,
  };
}

/** Did it fail, as far as is known? */
export function failed({
  status,
  protocol,
  end,
}: Pick<CallRow, 'status' | 'protocol' | 'end'>): boolean {
  if (isError(status, protocol)) return true;
  return end === 'cancelled' || end === 'reset' || end === 'refused';
}

/** How a method is written: `~` in front of one that was concluded, a set when there are several. */
export function methodText({ method, pathSource, candidates, protocol }: MethodLabel): string {
  if (method !== null) return pathSource === 'wire' ? method : `~${method}`;
  if (candidates.length === 0) return protocol === 'http' ? '?' : '~?';
  return `~${commonPart(candidates)}`;
}

type MethodLabel = Pick<CallRow, 'method' | 'pathSource' | 'candidates' | 'protocol'>;

const SHOWN_CANDIDATES = 4;

/** `/runtime.v1.RuntimeService/{StopPodSandbox|RemovePodSandbox}` */
function commonPart(candidates: readonly string[]): string {
  const shown = candidates.slice(0, SHOWN_CANDIDATES);
  const more = candidates.length > shown.length ? [`+${candidates.length - shown.length}`] : [];
  const folder = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
  const service = folder(shown[0] as string);
  if (!shown.every((path) => folder(path) === service)) return `{${[...shown, ...more].join('|')}}`;
  const names = shown.map((path) => path.slice(service.length));
  return `${service}{${[...names, ...more].join('|')}}`;
}
