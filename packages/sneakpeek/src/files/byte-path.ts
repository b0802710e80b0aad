/**
 * A path or a name as its bytes, one character each (latin1): names in a container may be any bytes,
 * and such strings compare, sort and serve as keys as the bytes would.
 */
export type BytePath = string;

const NOT_ASCII = /[^\0-\x7f]/;

/** The path as functions of node:fs take it. */
export const forFs = (path: BytePath): string | Buffer =>
  NOT_ASCII.test(path) ? bytesOf(path) : path;

export const bytesOf = (path: BytePath): Buffer => Buffer.from(path, 'latin1');

export const fromText = (text: string): BytePath => Buffer.from(text).toString('latin1');

/** Text for people and programs that know no bytes; what is no UTF-8 is replaced. */
export const toText = (path: BytePath): string => bytesOf(path).toString();
