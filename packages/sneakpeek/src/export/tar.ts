/**
 * A tar archive, written entry by entry. Whatever ustar has no room for goes into pax records: long
 * names, names that are no ASCII, large numbers, parts of a second, extended attributes.
 * Source: POSIX.1-2017, pax(1); star(5) for SCHILY.xattr.
 */
import type { BytePath } from '../files/byte-path.js';

export type TarType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

export interface TarEntry {
  readonly type: TarType;
  /** Without a slash in front. */
  readonly path: BytePath;
  /** Target of a link. */
  readonly target?: BytePath;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow; 0 unless it is a file. */
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Of a device. */
  readonly device?: { readonly major: number; readonly minor: number };
  readonly attributes?: ReadonlyMap<string, Uint8Array>;
}

const BLOCK = 512;
const FLAGS: Readonly<Record<TarType, string>> = {
  ...{ file: '0', link: '1', symlink: '2', char: '3', block: '4', directory: '5', fifo: '6' },
};
const MAX_OCTAL = { 8: 0o7777777, 12: 0o77777777777 } as const;
const SECOND = 1_000_000_000n;

/** Header blocks of an entry, extended ones included; `size` bytes and `padding()` follow. */
export function tarHeader(entry: TarEntry): Buffer {
  const records = paxRecords(entry);
  const plain = header(entry, FLAGS[entry.type]);
  if (records.length === 0) return plain;
  const extended = {
    ...{ type: 'file' as const, path: 'PaxHeaders/entry', mode: 0o644, uid: 0, gid: 0 },
    ...{ size: records.length, mtimeNs: 0n },
  };
  return Buffer.concat([header(extended, 'x'), records, padding(records.length), plain]);
}

/** Zeros up to the end of the block. */
export const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** What an archive ends with. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK);

function header({ path, target = '', ...entry }: TarEntry, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: 8 | 12): void => {
    const fits = value >= 0 && value <= MAX_OCTAL[width];
    block.write((fits ? value : 0).toString(8).padStart(width - 1, '0'), at, 'latin1');
  };
  block.write(path.slice(0, 100), 0, 'latin1');
  octal(entry.mode & 0o7777, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(entry.size, 124, 12);
  octal(Number(entry.mtimeNs / SECOND), 136, 12);
  block.fill(' ', 148, 156);
  block.write(flag, 156, 'latin1');
  block.write(target.slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(entry.device?.major ?? 0, 329, 8);
  octal(entry.device?.minor ?? 0, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

const ASCII = /^[\x20-\x7e]*$/;

function paxRecords(entry: TarEntry): Buffer {
  const { path, target = '', size, uid, gid, mtimeNs, attributes = new Map() } = entry;
  const records: Buffer[] = [];
  const add = (name: string, value: Uint8Array): void => void records.push(record(name, value));
  const addText = (name: string, value: string): void => add(name, Buffer.from(value, 'latin1'));
  // Names that are no UTF-8 stay the bytes they are, which readers take as they come.
  if (path.length > 100 || !ASCII.test(path)) addText('path', path);
  if (target.length > 100 || !ASCII.test(target)) addText('linkpath', target);
  if (size > MAX_OCTAL[12]) addText('size', String(size));
  if (uid > MAX_OCTAL[8]) addText('uid', String(uid));
  if (gid > MAX_OCTAL[8]) addText('gid', String(gid));
  if (mtimeNs % SECOND !== 0n || mtimeNs < 0n) addText('mtime', decimal(mtimeNs));
  for (const [name, value] of attributes) add(`SCHILY.xattr.${name}`, value);
  return Buffer.concat(records);
}

function decimal(ns: bigint): string {
  const [sign, value] = ns < 0n ? ['-', -ns] : ['', ns];
  return `${sign}${value / SECOND}.${String(value % SECOND).padStart(9, '0')}`;
}

/** `LENGTH NAME=VALUE\n`, where the length counts its own digits. */
function record(name: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${name}=`, 'latin1'), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
