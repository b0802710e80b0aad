import type { Headers } from '../message.js';

const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE'];
const REQUEST = VERBS.map((verb) => Buffer.from(`${verb} `, 'latin1'));
/** Others would be the end of one of these: `T /_ping`, where the capture began within a line. */
const REQUEST_LINE = new RegExp(`^(${VERBS.join('|')}) (\\S+) HTTP/1\\.\\d$`);
const RESPONSE = [Buffer.from('HTTP/1.', 'latin1')];

/** Whether bytes begin as the head of an HTTP/1.x message does. */
export function isHttpHead(bytes: Uint8Array, toServer: boolean): boolean {
  return (toServer ? REQUEST : RESPONSE).some(
    (start) => bytes.length >= start.length && start.equals(bytes.subarray(0, start.length)),
  );
}

/** The start line and fields of a message (RFC 9112). */
export interface Head {
  /** Of a request, else null. */
  verb: string | null;
  target: string | null;
  /** Of a response, else null. */
  status: number | null;
  reason: string | null;
  headers: Headers;
}

/** A head without its final empty line, or null if it is none. */
export function parseHead(text: string): Head | null {
  const [start = '', ...lines] = text.split(/\r?\n/);
  const headers: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    headers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
  }
  const response = /^HTTP\/1\.\d (\d{3})(?: (.*))?$/.exec(start);
  if (response !== null) {
    const [, status, reason] = response;
    return { verb: null, target: null, status: Number(status), reason: reason ?? null, headers };
  }
  const request = REQUEST_LINE.exec(start);
  if (request === null) return null;
  const [, verb = '', target = ''] = request;
  return { verb, target, status: null, reason: null, headers };
}

/** How the end of a body is told (RFC 9112, 6.3). */
export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' | 'close' };

/** @param verb of the request that a response answers, null if it is not known */
export function framingOf(head: Head, verb: string | null): Framing {
  const isResponse = head.status !== null;
  if (isResponse && (verb === 'HEAD' || isBodiless(head.status as number))) return { kind: 'none' };
  const value = (name: string) => head.headers.find((header) => header[0] === name)?.[1];
  if (/(?:^|,)\s*chunked\s*$/i.test(value('transfer-encoding') ?? '')) return { kind: 'chunked' };
  const length = value('content-length');
  if (length !== undefined && /^\d{1,15}$/.test(length)) {
    return length === '0' ? { kind: 'none' } : { kind: 'length', length: Number(length) };
  }
  return isResponse ? { kind: 'close' } : { kind: 'none' };
}

function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}
