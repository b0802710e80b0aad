import type { Chunk, Peer } from '../decode/chunk.js';
import type { OutputFile } from './output-file.js';

/** Blocks and options of pcapng (draft-ietf-opsawg-pcapng). */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const NAME_RESOLUTION = 4;
const ENHANCED_PACKET = 6;
const OPTION = { end: 0, comment: 1, application: 4, name: 2, description: 3, resolution: 9 };
const NANOSECONDS = 9;
/** The link type of packets that begin with their IP header. */
const LINKTYPE_RAW = 101;

const TCP = 6;
const FLAGS = { fin: 0x01, syn: 0x02, rst: 0x04, push: 0x08, ack: 0x10 };
const IP_HEADER = 20;
const TCP_HEADER = 20;
/** Largest payload of one packet: an IP packet has 65,535 bytes at most. */
const MAX_PAYLOAD = 60_000;
/** Where Wireshark looks for HTTP by itself, and for HTTP/2 by how a connection begins. */
export const SERVER_PORT = 80;
const FIRST_CLIENT_PORT = 1024;
const CLIENT_PORTS = 65_536 - FIRST_CLIENT_PORT;
/** 10.0.0.0/8: each process has an address of its own. */
const NETWORK = 10;

interface Connection {
  readonly client: number;
  readonly server: number;
  readonly port: number;
  /** Offsets in the stream that stand for sequence number 1, to the client and to the server. */
  readonly base: [number, number];
  /** Next sequence number of each direction, before wrapping. */
  readonly next: [number, number];
}

/**
 * Writes connections of unix sockets as TCP connections, so that Wireshark and tshark dissect them:
 * each process gets an address in 10.0.0.0/8 and a name (`containerd-731`), each connection a port
 * of the client's. What the capture did not see is missing from the TCP stream, too.
 */
export class PcapngWriter {
  readonly #file: OutputFile;
  readonly #wallOffsetNs: bigint;
  readonly #connections = new Map<string, Connection>();
  readonly #addresses = new Map<string, number>();
  #count = 0;

  /** @param wallOffsetNs to add to a time of CLOCK_MONOTONIC to get the time of day */
  constructor(file: OutputFile, wallOffsetNs: bigint, application = 'imagesnoop containerdsnoop') {
    this.#file = file;
    this.#wallOffsetNs = wallOffsetNs;
    file.write(sectionHeader(application));
    file.write(interfaceDescription());
    file.flush();
  }

  chunk(chunk: Chunk): void {
    if (chunk.kind === 'open') this.#open(chunk);
    else if (chunk.kind === 'data') this.#data(chunk);
    else this.#close(chunk);
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }

  #open(chunk: Chunk): Connection {
    const connection: Connection = {
      client: this.#address(chunk.client, 'client'),
      server: this.#address(chunk.server, 'server'),
      port: FIRST_CLIENT_PORT + (this.#count++ % CLIENT_PORTS),
      base: [0, 0],
      next: [1, 1],
    };
    this.#connections.set(chunk.conn, connection);
    const { syn, ack } = FLAGS;
    const comment = `connection ${chunk.conn}: ${who(chunk.client)} to ${who(chunk.server)}`;
    this.#packet(chunk, connection, true, syn, 0, 0, NO_BYTES, comment);
    this.#packet(chunk, connection, false, syn | ack, 0, 1, NO_BYTES);
    this.#packet(chunk, connection, true, ack, 1, 1, NO_BYTES);
    return connection;
  }

  #data(chunk: Chunk): void {
    let connection = this.#connections.get(chunk.conn);
    const direction = chunk.toServer ? 1 : 0;
    if (connection === undefined) {
      connection = this.#open({ ...chunk, fromStart: false });
      connection.base[direction] = chunk.offset;
    }
    const { bytes, offset, length } = chunk;
    const sequence = offset - connection.base[direction] + 1;
    for (let at = 0; at < bytes.length; at += MAX_PAYLOAD) {
      const payload = bytes.subarray(at, at + MAX_PAYLOAD);
      const other = connection.next[1 - direction] as number;
      const flags = FLAGS.push | FLAGS.ack;
      this.#packet(chunk, connection, chunk.toServer, flags, sequence + at, other, payload);
    }
    connection.next[direction] = Math.max(connection.next[direction], sequence + length);
  }

  #close(chunk: Chunk): void {
    const connection = this.#connections.get(chunk.conn);
    if (connection === undefined) return;
    this.#connections.delete(chunk.conn);
    const [toClient, toServer] = connection.next;
    const { fin, ack } = FLAGS;
    this.#packet(chunk, connection, true, fin | ack, toServer, toClient, NO_BYTES);
    this.#packet(chunk, connection, false, fin | ack, toClient, toServer + 1, NO_BYTES);
    this.#packet(chunk, connection, true, ack, toServer + 1, toClient + 1, NO_BYTES);
  }

  /** A process's address; a new one is announced with its name. */
  #address(peer: Peer | null, role: 'client' | 'server'): number {
    const key = peer === null ? role : `${peer.pid} ${peer.comm}`;
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const host = (this.#addresses.size + 1) % (1 << 24);
    const address = NETWORK * 2 ** 24 + host;
    this.#addresses.set(key, address);
    const name = peer === null ? `unknown-${role}` : `${hostName(peer.comm)}-${peer.pid}`;
    this.#file.write(nameResolution(address, name));
    return address;
  }

  #packet(
    { tsNs }: Chunk,
    { client, server, port }: Connection,
    toServer: boolean,
    flags: number,
    sequence: number,
    acknowledged: number,
    payload: Uint8Array,
    comment?: string,
  ): void {
    const packet = Buffer.alloc(IP_HEADER + TCP_HEADER + payload.length);
    packet[0] = 0x45;
    packet.writeUInt16BE(packet.length, 2);
    packet[8] = 64;
    packet[9] = TCP;
    packet.writeUInt32BE(toServer ? client : server, 12);
    packet.writeUInt32BE(toServer ? server : client, 16);
    packet.writeUInt16BE(checksum(packet.subarray(0, IP_HEADER)), 10);
    packet.writeUInt16BE(toServer ? port : SERVER_PORT, 20);
    packet.writeUInt16BE(toServer ? SERVER_PORT : port, 22);
    packet.writeUInt32BE(sequence % 2 ** 32, 24);
    packet.writeUInt32BE((flags & FLAGS.ack) === 0 ? 0 : acknowledged % 2 ** 32, 28);
    packet[32] = (TCP_HEADER / 4) << 4;
    packet[33] = flags;
    packet.writeUInt16BE(65_535, 34);
    packet.set(payload, IP_HEADER + TCP_HEADER);
    this.#file.write(enhancedPacket(BigInt(tsNs) + this.#wallOffsetNs, packet, comment));
  }
}

const NO_BYTES = new Uint8Array();

function who(peer: Peer | null): string {
  return peer === null ? 'unknown' : `${peer.comm} (pid ${peer.pid})`;
}

/** Of a name in the DNS's sense only letters, digits and hyphens are left. */
function hostName(comm: string): string {
  return comm.replace(/[^\w.-]/g, '-').slice(0, 32) || 'process';
}

/** Internet checksum (RFC 1071). */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function sectionHeader(application: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(0x1a2b3c4d, 0);
  body.writeUInt16LE(1, 4);
  // Length of the section: not known.
  body.fill(0xff, 8, 16);
  return block(SECTION_HEADER, [body, option(OPTION.application, application), endOfOptions()]);
}

function interfaceDescription(): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_RAW, 0);
  return block(INTERFACE, [
    body,
    option(OPTION.name, 'unix'),
    option(OPTION.description, 'unix stream sockets as TCP'),
    option(OPTION.resolution, Buffer.from([NANOSECONDS])),
    endOfOptions(),
  ]);
}

function nameResolution(address: number, name: string): Buffer {
  const text = Buffer.from(`${name}\0`, 'latin1');
  const header = Buffer.alloc(8);
  header.writeUInt16LE(1, 0);
  header.writeUInt16LE(4 + text.length, 2);
  header.writeUInt32BE(address, 4);
  return block(NAME_RESOLUTION, [padded(Buffer.concat([header, text])), Buffer.alloc(4)]);
}

function enhancedPacket(timeNs: bigint, packet: Buffer, comment: string | undefined): Buffer {
  const body = Buffer.alloc(20);
  body.writeUInt32LE(Number(timeNs >> 32n), 4);
  body.writeUInt32LE(Number(timeNs & 0xffffffffn), 8);
  body.writeUInt32LE(packet.length, 12);
  body.writeUInt32LE(packet.length, 16);
  const options = comment === undefined ? [] : [option(OPTION.comment, comment), endOfOptions()];
  return block(ENHANCED_PACKET, [body, padded(packet), ...options]);
}

function block(type: number, parts: readonly Buffer[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...parts, tail]);
}

function option(code: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(bytes.length, 2);
  return padded(Buffer.concat([head, bytes]));
}

function endOfOptions(): Buffer {
  return Buffer.alloc(4);
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)]);
}
