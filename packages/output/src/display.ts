import { eastAsianWidth } from 'get-east-asian-width';
import { codePointAt, isUnprintable, utf8Length } from './utf8.js';

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;
const MARK = /^\p{M}$/u;

/** Marks stacked on one letter can paint over other lines; no script we know needs more. */
const MARKS_PER_LETTER = 4;

const SHORT: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

/**
 * Text for people: one line that cannot drive a terminal. Controls, format characters and invalid
 * UTF-8 become `\n`, `\x1b`, `\u{202e}`, `\xff`; a real backslash is doubled, so nothing is ambiguous.
 */
export function displayText(text: string): string {
  if (PLAIN.test(text)) return text;
  const bytes = Buffer.from(text);
  return escapeBytes(bytes, 0, bytes.length);
}

/** As displayText, for the bytes from `start` up to `end`. */
export function displayBytes(bytes: Uint8Array, start: number, end: number): string {
  const latin1 = latin1Slice.call(bytes, start, end);
  return PLAIN.test(latin1) ? latin1 : escapeBytes(bytes, start, end);
}

/** Buffer's method works on any Uint8Array, and making a Buffer first would cost more. */
const latin1Slice = Buffer.prototype.latin1Slice as (
  this: Uint8Array,
  start: number,
  end: number,
) => string;

function escapeBytes(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let marks = 0;
  for (let i = start; i < end; ) {
    const count = utf8Length(bytes, i, end);
    if (count === 0) {
      text += `\\x${hex(bytes[i] as number, 2)}`;
      i++;
      continue;
    }
    const point = codePointAt(bytes, i, count);
    const letter = String.fromCodePoint(point);
    marks = point >= 0x300 && MARK.test(letter) ? marks + 1 : 0;
    const short = SHORT[point];
    if (short !== undefined) text += short;
    else if (point < 0x80 && isUnprintable(point)) text += `\\x${hex(point, 2)}`;
    else if (marks > MARKS_PER_LETTER || isUnprintable(point)) text += `\\u{${hex(point, 1)}}`;
    else text += letter;
    i += count;
  }
  return text;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** Columns of a terminal that a display text takes: wide letters two, combining marks none. */
export function displayWidth(text: string): number {
  if (isAscii(text)) return text.length;
  let width = 0;
  for (const letter of text) width += letterWidth(letter);
  return width;
}

/** A loop beats a regular expression on the short texts of cells (bench/json.mjs). */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return false;
  return true;
}

/** Cuts a display text to `width` columns, the last of them an ellipsis if anything was cut. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return width > 0 ? `${cutAt(text, width - 1)}…` : '';
}

/** The beginning of a display text, as much as `width` columns hold. */
export function cutAt(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const letter of text) {
    used += letterWidth(letter);
    if (used > width) break;
    kept += letter;
  }
  return kept;
}

/** As truncate, but keeps the end: the last names of a path say more than the first. */
export function truncateStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const letters = [...text];
  let from = letters.length;
  let used = 1;
  while (from > 0) {
    used += letterWidth(letters[from - 1] as string);
    if (used > width) break;
    from--;
  }
  return width > 0 ? `…${letters.slice(from).join('')}` : '';
}

/** As truncate, but keeps both ends: those of an address tell it apart. */
export function truncateMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const left = width >> 1;
  return width > 0 ? `${cutAt(text, left)}${truncateStart(text, width - left)}` : '';
}

function letterWidth(letter: string): number {
  const point = letter.codePointAt(0) as number;
  if (point < 0x300) return 1;
  return MARK.test(letter) ? 0 : eastAsianWidth(point);
}
