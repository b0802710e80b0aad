// Frames made byte by byte, for what no well-behaved stack would send on request.

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
export const VLAN = 0x8100;
export const QINQ = 0x88a8;

export const SYN = 0x02;
export const ACK = 0x10;
export const FIN = 0x01;
export const RST = 0x04;

export interface Segment {
  readonly sport?: number;
  readonly dport?: number;
  readonly seq?: number;
  readonly flags?: number;
  readonly payload?: number;
  /** Bytes of TCP options, a multiple of 4. */
  readonly options?: number;
}

/** A TCP header and payload. */
export function tcp(segment: Segment = {}): Buffer {
  const { sport = 1000, dport = 80, seq = 1, flags = ACK, payload = 0, options = 0 } = segment;
  const header = Buffer.alloc(20 + options, 1);
  header.writeUInt16BE(sport, 0);
  header.writeUInt16BE(dport, 2);
  header.writeUInt32BE(seq, 4);
  header.writeUInt8(((20 + options) / 4) << 4, 12);
  header.writeUInt8(flags, 13);
  return Buffer.concat([header, Buffer.alloc(payload, 0x61)]);
}

export interface Ipv4 {
  readonly source?: readonly number[];
  readonly destination?: readonly number[];
  /** Bytes of options, a multiple of 4. */
  readonly options?: number;
  readonly id?: number;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  /** What the header says; default the true length. */
  readonly totalLength?: number;
  readonly protocol?: number;
}

export function ipv4(content: Buffer, about: Ipv4 = {}): Buffer {
  const { source = [10, 0, 0, 1], destination = [10, 0, 0, 2], options = 0, id = 7 } = about;
  const header = Buffer.alloc(20 + options, 1);
  header.writeUInt8(0x40 | ((20 + options) / 4), 0);
  header.writeUInt16BE(about.totalLength ?? header.length + content.length, 2);
  header.writeUInt16BE(id, 4);
  const place = (about.fragmentOffset ?? 0) / 8;
  header.writeUInt16BE(place | (about.moreFragments === true ? 0x2000 : 0), 6);
  header.writeUInt8(about.protocol ?? 6, 9);
  Buffer.from(source).copy(header, 12);
  Buffer.from(destination).copy(header, 16);
  return Buffer.concat([header, content]);
}

export interface Extension {
  readonly kind: number;
  /** The whole header but for its first byte. */
  readonly body: Buffer;
}

/** An extension header that is measured in units of 8 bytes behind the first. */
export const extension = (kind: number, more = 0): Extension => ({
  kind,
  body: Buffer.concat([Buffer.of(more), Buffer.alloc(6 + 8 * more)]),
});

/** The authentication header, which is measured in units of 4 bytes. */
export const authentication = (words: number): Extension => ({
  kind: 51,
  body: Buffer.concat([Buffer.of(words - 2), Buffer.alloc(words * 4 - 2)]),
});

/** @param offset in bytes, a multiple of 8 */
export function fragment(id: number, offset: number, more: boolean): Extension {
  const body = Buffer.alloc(7);
  body.writeUInt16BE(offset | (more ? 1 : 0), 1);
  body.writeUInt32BE(id, 3);
  return { kind: 44, body };
}

export function ipv6(content: Buffer, extensions: readonly Extension[] = [], last = 6): Buffer {
  const kinds = [...extensions.map(({ kind }) => kind), last];
  const headers = extensions.map(({ body }, i) =>
    Buffer.concat([Buffer.of(kinds[i + 1] as number), body]),
  );
  const inside = Buffer.concat([...headers, content]);
  const header = Buffer.alloc(40);
  header.writeUInt32BE(0x6000_0000, 0);
  header.writeUInt16BE(inside.length, 4);
  header.writeUInt8(kinds[0] as number, 6);
  header.writeUInt8(64, 7);
  header.writeUInt8(1, 8 + 15);
  header.writeUInt8(2, 24 + 15);
  return Buffer.concat([header, inside]);
}

/** @param tags outermost first */
export function ethernet(
  packet: Buffer,
  tags: readonly { readonly kind: number; readonly id: number }[] = [],
): Buffer {
  const version = (packet[0] as number) >> 4;
  const kinds = [...tags.map(({ kind }) => kind), version === 4 ? IPV4 : IPV6];
  const header = Buffer.alloc(14 + 4 * tags.length);
  header.writeUInt16BE(kinds[0] as number, 12);
  for (const [i, { id }] of tags.entries()) {
    header.writeUInt16BE(0xe000 | id, 14 + 4 * i); // with a priority, which is none of the id
    header.writeUInt16BE(kinds[i + 1] as number, 16 + 4 * i);
  }
  return Buffer.concat([header, packet]);
}
