import { BadValue } from './option.js';

/** A network: an address in network byte order, host bits zero, and its length in bits. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly address: Uint8Array;
  /** 0 to 32, or to 128. */
  readonly prefix: number;
}

/** Networks that pass; none means all but those excluded. The longest match decides. */
export interface CidrSet {
  readonly include: readonly Cidr[];
  readonly exclude: readonly Cidr[];
}

/** Reads `10.0.0.0/8,2001:db8::1,!10.1.0.0/16`; an address alone is a network of one. */
export function parseCidrs(list: string): CidrSet {
  const include: Cidr[] = [];
  const exclude: Cidr[] = [];
  for (const item of list.split(',')) {
    const word = item.trim();
    if (word.startsWith('!')) exclude.push(parseCidr(word.slice(1)));
    else include.push(parseCidr(word));
  }
  return { include, exclude };
}

function parseCidr(word: string): Cidr {
  const [text = '', bits] = word.split('/', 2);
  const address = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (!address) throw new BadValue(`'${word}' is no address or network`);
  const most = address.length * 8;
  const prefix = bits === undefined ? most : Number(bits);
  if (bits !== undefined && (!/^[0-9]{1,3}$/.test(bits) || prefix > most)) {
    throw new BadValue(`'${word}' needs a prefix from 0 to ${most}`);
  }
  for (let bit = prefix; bit < most; bit++) {
    address[bit >> 3] = (address[bit >> 3] as number) & ~(0x80 >> (bit & 7));
  }
  return { family: address.length === 4 ? 4 : 6, address, prefix };
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const valid = (part: string) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256;
  return parts.length === 4 && parts.every(valid) ? Uint8Array.from(parts, Number) : undefined;
}

/** RFC 4291 section 2.2, all three forms. */
function parseIpv6(text: string): Uint8Array | undefined {
  let rest = text;
  const dotted = /^(.*:)([0-9.]*\.[0-9.]*)$/.exec(text);
  if (dotted) {
    const tail = parseIpv4(dotted[2] as string);
    if (!tail) return undefined;
    const [a, b, c, d] = tail as unknown as [number, number, number, number];
    rest = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const halves = rest.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = groups.flat();
  if (!given.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - given.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const [head = [], tail = []] = groups;
  const full = [...head, ...Array<string>(missing).fill('0'), ...tail];
  const bytes = new Uint8Array(16);
  full.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 255;
  });
  return bytes;
}
