import { KIND, type MessageField, type MessageType } from '../schema/schema.js';
import { WireReader } from './wire-reader.js';

/** A message of which nothing is known. */
export const UNKNOWN_TYPE: MessageType = {
  name: '',
  fields: new Map(),
  dense: [],
  known: false,
  shown: 'message',
};

/** A field that holds one. */
export const UNKNOWN_FIELD: MessageField & { message: MessageType } = {
  number: 0,
  name: '',
  kind: KIND.message,
  wire: 2,
  repeated: true,
  map: null,
  message: UNKNOWN_TYPE,
  enumeration: null,
  presence: true,
  redact: 'none',
  jsonKey: new Uint8Array(),
  textKey: new Uint8Array(),
};

/** People do not number fields higher; bytes that are no message do. */
const MAX_NUMBER = 10_000;

/** Whether bytes of unknown type are a message, as far as bytes can tell. */
export function looksLikeMessage(bytes: Uint8Array, start: number, stop: number): boolean {
  if (start === stop) return false;
  const reader = new WireReader(bytes, start, stop);
  while (reader.next()) if (reader.field > MAX_NUMBER) return false;
  return reader.state === 'end';
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Whether bytes are text without control characters. */
export function looksLikeText(bytes: Uint8Array, start: number, stop: number): boolean {
  for (let i = start; i < stop; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x7f || (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
      return false;
    }
  }
  try {
    decoder.decode(bytes.subarray(start, stop));
    return true;
  } catch {
    return false;
  }
}
