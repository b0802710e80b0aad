import { ipText } from '@imagesnoop/output';
import type { Session } from './event.js';

/** Address and port of one end, `10.0.0.1:80` or `[fe80::1]:80`. */
export function hostPort({ u8, family }: Session, place: number, port: number): string {
  const [host, tail] = hostAndPort(u8, family, place, port);
  return host + tail;
}

/** The same in two parts, to be aligned at the colon. */
export function hostAndPort(
  u8: Uint8Array,
  family: 4 | 6,
  place: number,
  port: number,
): [host: string, port: string] {
  const address = ipText(u8, place, family === 4 ? 4 : 16);
  return [address.includes(':') ? `[${address}]` : address, `:${port}`];
}

const SIZES = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as the original prints them, aligned: `   3.44 KB`, ` 913.00  B`; a KB is 1024 bytes. */
export function alignedBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < SIZES.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(2).padStart(7)} ${(SIZES[unit] as string).padStart(2)}`;
}
