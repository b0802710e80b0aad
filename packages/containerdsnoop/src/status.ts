/** google.rpc.Code; the index is the number on the wire. Source: grpc's doc/statuscodes.md. */
const NAMES = (
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS ' +
  'PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED ' +
  'INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'
).split(' ');

/** `NOT_FOUND` for 5; a number for what has no name, such as a status of HTTP. */
export function statusName(status: number, protocol: string): string {
  return protocol === 'http' ? String(status) : (NAMES[status] ?? String(status));
}

/** The number of a status as users write it: `NOT_FOUND`, `not_found`, `5`, `404`. */
export function statusNumber(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  const index = NAMES.indexOf(text.toUpperCase());
  return index < 0 ? undefined : index;
}

export function isError(status: number | null, protocol: string): boolean {
  return status !== null && (protocol === 'http' ? status >= 400 : status !== 0);
}
