import type { Message } from '../decode/message.js';
import { redactBody, redactHeader, redactTarget } from '../redact/http.js';

/** What is written anew, since bodies change and nothing is upgraded. */
const REPLACED = /^(content-length|transfer-encoding|content-encoding|connection|upgrade)$/;
const FILLER = 0x78;
/** Of content that is not shown, only so much is filled in; its true length is in the header. */
const MAX_FILLER = 4096;
const SWITCHING = 101;

/** A whole message of HTTP/1.1 without secrets; a body that is no JSON is replaced by filler. */
export function whole(message: Message): Buffer {
  const body = bodyOf(message);
  return Buffer.concat([head(message, `content-length: ${body.length}`), body]);
}

/** The header of a message whose body comes in pieces. */
export function beginning(message: Message): Buffer {
  return head(message, 'transfer-encoding: chunked');
}

/** One piece of a body: of events and logs, a line. */
export function piece(message: Message): Buffer {
  const body = Buffer.concat([bodyOf(message), Buffer.from('\n')]);
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}

/** The end of a body that came in pieces. */
export const LAST_PIECE = Buffer.from('0\r\n\r\n');

function bodyOf({ http, bytes, missing, length }: Message): Buffer {
  const isText = http?.part !== 'raw' && bytes !== null && missing === 0;
  const { json } = redactBody(bytes ?? new Uint8Array(), http?.target ?? null, isText);
  return json === null ? Buffer.alloc(Math.min(length, MAX_FILLER), FILLER) : Buffer.from(json);
}

function head({ http, type, headers, length }: Message, framing: string): Buffer {
  const status = http?.status === SWITCHING ? 200 : (http?.status ?? 200);
  const first =
    type === 'request'
      ? `${http?.verb ?? 'POST'} ${redactTarget(http?.target ?? '/')} HTTP/1.1`
      : `HTTP/1.1 ${status} -`;
  const fields = (headers ?? [])
    .filter(([name]) => !REPLACED.test(name))
    .map(([name, value]) => `${name}: ${redactHeader(name, value)}`);
  const own = length > 0 ? [`imagesnoop-length: ${length}`] : [];
  return Buffer.from([first, ...fields, ...own, framing, '', ''].join('\r\n'), 'latin1');
}
