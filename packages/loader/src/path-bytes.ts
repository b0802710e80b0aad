// Paths as bytes, since a path may be any bytes but NUL.

/** A run of bytes anywhere; `start < 0` stands for "unknown". */
export interface ByteRun {
  readonly u8: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const SLASH = 0x2f;
const DOT = 0x2e;

/** Does the path u8[start..end) lead out of where it starts? (`..` more often than names before it) */
export function leadsOut(u8: Uint8Array, start: number, end: number): boolean {
  let depth = 0;
  for (let at = start; at < end; ) {
    const stop = segmentEnd(u8, at, end);
    if (isDotDot(u8, at, stop)) depth--;
    else if (stop > at && !isDot(u8, at, stop)) depth++;
    if (depth < 0) return true;
    at = stop + 1;
  }
  return false;
}

/**
 * Appends the segments of the path u8[from..to) to the absolute one in into[0..end), where '' is the
 * root. `.`, `..` and doubled slashes of what is appended are resolved as text.
 *
 * @param into has room for both and a slash
 * @returns the new end; a path has at least a slash then
 */
export function appendPath(
  into: Uint8Array,
  end: number,
  u8: Uint8Array,
  from: number,
  to: number,
): number {
  let length = end;
  for (let at = from; at < to; ) {
    const stop = segmentEnd(u8, at, to);
    if (isDotDot(u8, at, stop)) length = Math.max(0, lastSlash(into, length));
    else if (stop > at && !isDot(u8, at, stop)) {
      into[length] = SLASH;
      length = copy(u8, at, stop, into, length + 1);
    }
    at = stop + 1;
  }
  if (length === 0) {
    into[0] = SLASH;
    return 1;
  }
  return length;
}

function segmentEnd(u8: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && u8[at] !== SLASH) at++;
  return at;
}

function isDot(u8: Uint8Array, from: number, to: number): boolean {
  return to - from === 1 && u8[from] === DOT;
}

function isDotDot(u8: Uint8Array, from: number, to: number): boolean {
  return to - from === 2 && u8[from] === DOT && u8[from + 1] === DOT;
}

function lastSlash(u8: Uint8Array, end: number): number {
  let at = end - 1;
  while (at > 0 && u8[at] !== SLASH) at--;
  return at;
}

function copy(u8: Uint8Array, from: number, to: number, into: Uint8Array, at: number): number {
  let end = at;
  for (let index = from; index < to; index++) into[end++] = u8[index] as number;
  return end;
}
