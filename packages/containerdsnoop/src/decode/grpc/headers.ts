import type { Field } from '../hpack/table.js';
import type { Headers } from '../message.js';

/** The fields of which both name and value are known. */
export function knownHeaders(fields: readonly Field[]): Headers {
  const headers: [string, string][] = [];
  for (const { name, value } of fields) {
    if (name !== null && value !== null) headers.push([name, value]);
  }
  return headers;
}

/** Value of the first header of that name, or null. */
export function headerValue(headers: Headers | null, name: string): string | null {
  return headers?.find((header) => header[0] === name)?.[1] ?? null;
}

/** What trailers say about the outcome of a call. */
export interface Outcome {
  status: number | null;
  message: string | null;
}

const STATUS = /^(?:\d|1[0-6])$/;

/**
 * Status and message in trailers, also where their names were inserted into the table before the
 * capture began: a literal value then tells which of them it is.
 *
 * @param learned status of entries whose content is not known, as found out otherwise
 */
export function outcomeOf(fields: readonly Field[], learned: WeakMap<Field, number>): Outcome {
  let status: number | null = null;
  let message: string | null = null;
  for (const field of fields) {
    const { name, value } = field;
    if (name === null && value === null) status ??= learned.get(field) ?? null;
    else if (value === null) continue;
    else if (name === 'grpc-message') message = percentDecoded(value);
    else if (name === 'grpc-status' || (name === null && status === null && STATUS.test(value))) {
      status = STATUS.test(value) ? Number(value) : null;
    } else if (name === null && message === null && value.includes(' ')) {
      message = percentDecoded(value);
    }
  }
  return { status, message: message === '' ? null : message };
}

const PLAIN = /^[\x20-\x24\x26-\x7e]*$/;

/** grpc-message as gRPC writes it: UTF-8, with what is not printable as %XX. */
export function percentDecoded(value: string): string {
  if (PLAIN.test(value)) return value;
  const bytes: number[] = [];
  for (let at = 0; at < value.length; at++) {
    const hex = value[at] === '%' ? value.slice(at + 1, at + 3) : '';
    const isEscape = /^[0-9a-fA-F]{2}$/.test(hex);
    bytes.push(isEscape ? Number.parseInt(hex, 16) : value.charCodeAt(at));
    if (isEscape) at += 2;
  }
  return Buffer.from(bytes).toString('utf8');
}
