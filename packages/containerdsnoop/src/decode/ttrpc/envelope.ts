import type { Headers } from '../message.js';
import { utf8, wireFields } from '../wire.js';

/** What a message carries: its bytes as far as they were seen, and how many there are. */
export interface Payload {
  bytes: Uint8Array;
  length: number;
}

const NONE: Payload = { bytes: new Uint8Array(0), length: 0 };

/** Request of containerd/ttrpc's request.proto. */
export interface TtrpcRequest {
  /** '/package.Service/Method'; null where not all of it was seen. */
  path: string | null;
  payload: Payload;
  /** Metadata; 'timeout' in nanoseconds as gRPC would write it, with the unit n. */
  headers: Headers;
}

/** @param unseen how many bytes at its end were not captured */
export function ttrpcRequest(body: Uint8Array, unseen: number): TtrpcRequest {
  let service = '';
  let method = '';
  let payload = notSeen(unseen);
  const headers: [string, string][] = [];
  for (const { number, value, bytes, missing } of wireFields(body)) {
    if (missing > 0 && number !== 3) continue;
    if (number === 1 && bytes !== null) service = utf8(bytes);
    else if (number === 2 && bytes !== null) method = utf8(bytes);
    else if (number === 3 && bytes !== null) payload = { bytes, length: bytes.length + missing };
    else if (number === 4 && bytes === null && !Number.isNaN(value))
      headers.push(['timeout', `${value}n`]);
    else if (number === 5 && bytes !== null) headers.push(keyValue(bytes));
  }
  const isWhole = service !== '' && method !== '';
  return { path: isWhole ? `/${service}/${method}` : null, payload, headers };
}

/** Response of the same file; `status` is google.rpc.Status, where 0 is left out; null if not seen. */
export interface TtrpcResponse {
  status: number | null;
  message: string | null;
  payload: Payload;
}

/** @param unseen how many bytes at its end were not captured */
export function ttrpcResponse(body: Uint8Array, unseen: number): TtrpcResponse {
  const status = unseen > 0 ? null : 0;
  const response: TtrpcResponse = { status, message: null, payload: notSeen(unseen) };
  for (const { number, bytes, missing } of wireFields(body)) {
    if (bytes === null) continue;
    if (number === 2) {
      response.payload = { bytes, length: bytes.length + missing };
      response.status ??= 0; // it would stand in front
    }
    if (number !== 1) continue;
    for (const field of wireFields(bytes)) {
      if (field.number === 1 && field.bytes === null && !Number.isNaN(field.value))
        response.status = field.value;
      if (field.number === 2 && field.bytes !== null) response.message = utf8(field.bytes);
    }
  }
  return response;
}

function notSeen(length: number): Payload {
  return length > 0 ? { ...NONE, length } : NONE;
}

function keyValue(bytes: Uint8Array): [string, string] {
  const pair: [string, string] = ['', ''];
  for (const { number, bytes: text } of wireFields(bytes)) {
    if (text !== null && (number === 1 || number === 2)) pair[number - 1] = utf8(text);
  }
  return pair;
}
