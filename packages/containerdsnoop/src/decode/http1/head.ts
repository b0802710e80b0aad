const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE'];
const REQUEST = VERBS.map((verb) => Buffer.from(`${verb} `, 'latin1'));
const RESPONSE = [Buffer.from('HTTP/1.', 'latin1')];

/** Whether bytes begin as the head of an HTTP/1.x message does. */
export function isHttpHead(bytes: Uint8Array, toServer: boolean): boolean {
  return (toServer ? REQUEST : RESPONSE).some(
    (start) => bytes.length >= start.length && start.equals(bytes.subarray(0, start.length)),
  );
}
