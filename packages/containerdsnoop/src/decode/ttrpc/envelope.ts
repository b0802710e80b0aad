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
  /** '/package.Service/Method' */
  path: string;
  payload: Payload;
  /** Metadata; 'timeout' in nanoseconds as gRPC would write it, with the unit n. */
  headers: Headers;
}

export function ttrpcRequest(body: Uint8Array): TtrpcRequest {
  let service = '';
  let method = '';
  let payload = NONE;
  const headers: [string, string][] = [];
  for (const { number, value, bytes, missing } of wireFields(body)) {
    if (number === 1 && bytes !== null) service = utf8(bytes);
    else if (number === 2 && bytes !== null) method = utf8(bytes);
    else if (number === 3 && bytes !== null) payload = { bytes, length: bytes.length + missing };
    else if (number === 4 && bytes === null) headers.push(['timeout', `${value}n`]);
    else if (number === 5 && bytes !== null) headers.push(keyValue(bytes));
  }
  return { path: `/${service}/${method}`, payload, headers };
}

/** Response of the same file; `status` is google.rpc.Status, where 0 is left out. */
export interface TtrpcResponse {
  status: number;
  message: string | null;
  payload: Payload;
}

export function ttrpcResponse(body: Uint8Array): TtrpcResponse {
  const response: TtrpcResponse = { status: 0, message: null, payload: NONE };
  for (const { number, bytes, missing } of wireFields(body)) {
    if (bytes === null) continue;
    if (number === 2) response.payload = { bytes, length: bytes.length + missing };
    if (number !== 1) continue;
    for (const field of wireFields(bytes)) {
      if (field.number === 1 && field.bytes === null) response.status = field.value;
      if (field.number === 2 && field.bytes !== null) response.message = utf8(field.bytes);
    }
  }
  return response;
}

function keyValue(bytes: Uint8Array): [string, string] {
  const pair: [string, string] = ['', ''];
  for (const { number, bytes: text } of wireFields(bytes)) {
    if (text !== null && (number === 1 || number === 2)) pair[number - 1] = utf8(text);
  }
  return pair;
}
