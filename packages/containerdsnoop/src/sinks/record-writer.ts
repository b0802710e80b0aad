import { crc32 } from 'node:zlib';
import type { Chunk, Peer } from '../decode/chunk.js';
import type { OutputFile } from './output-file.js';
import {
  type About,
  CLOSE_BYTES,
  DATA_BYTES,
  FRAME,
  MAGIC,
  MAX_FRAME_BYTES,
  OPEN_BYTES,
  PREFIX_BYTES,
} from './record-format.js';

/** Peers and connections seen longer ago are written again when they come back. */
const MAX_PEERS = 65_536;
/** Bytes of one data frame; a larger chunk becomes several. */
const MAX_DATA = MAX_FRAME_BYTES - DATA_BYTES;

/** Writes a recording (record-format.ts) chunk by chunk. */
export class RecordWriter {
  readonly #file: OutputFile;
  readonly #connections = new Map<string, number>();
  readonly #peers = new Map<string, number>();
  #connectionCount = 0;
  #peerCount = 0;
  #chunks = 0;
  #bytes = 0;

  /** @param schema FileDescriptorSet of what the messages are decoded with */
  constructor(file: OutputFile, about: About, schema: Uint8Array) {
    this.#file = file;
    file.write(MAGIC);
    this.#json(FRAME.about, about);
    if (schema.length < MAX_FRAME_BYTES) this.#frame(FRAME.schema, schema);
    // A recording that is read while it is written has a beginning.
    file.flush();
  }

  /** Whole frames only reach the file: a recording that is cut off replays up to there. */
  chunk(chunk: Chunk): void {
    this.#chunks++;
    if (chunk.kind === 'open') this.#open(chunk);
    else if (chunk.kind === 'close') this.#close(chunk);
    else this.#data(chunk);
  }

  /** Lets readers see what was written so far. */
  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#json(FRAME.end, { chunks: this.#chunks, bytes: this.#bytes });
    this.#file.close();
  }

  #open(chunk: Chunk): void {
    const conn = Buffer.from(chunk.conn);
    const body = Buffer.alloc(OPEN_BYTES + conn.length);
    body[0] = FRAME.open;
    this.#place(body, chunk);
    body[17] = chunk.fromStart ? 1 : 0;
    body.set(conn, OPEN_BYTES);
    this.#connections.set(chunk.conn, this.#connectionCount++);
    this.#put(body);
  }

  #close(chunk: Chunk): void {
    const connection = this.#connection(chunk);
    const body = Buffer.alloc(CLOSE_BYTES);
    body[0] = FRAME.close;
    this.#place(body, chunk);
    body.writeUInt32LE(connection, 17);
    this.#connections.delete(chunk.conn);
    this.#put(body);
  }

  #data(chunk: Chunk): void {
    const connection = this.#connection(chunk);
    this.#bytes += chunk.bytes.length;
    let done = 0;
    do {
      const bytes = chunk.bytes.subarray(done, done + MAX_DATA);
      const isLast = done + bytes.length === chunk.bytes.length;
      const body = Buffer.alloc(DATA_BYTES + bytes.length);
      body[0] = FRAME.data;
      this.#place(body, chunk);
      body.writeUInt32LE(connection, 17);
      body[21] = chunk.toServer ? 1 : 0;
      body.writeDoubleLE(chunk.offset + done, 22);
      body.writeDoubleLE(isLast ? chunk.length - done : bytes.length, 30);
      body.set(bytes, DATA_BYTES);
      this.#put(body);
      done += bytes.length;
    } while (done < chunk.bytes.length);
  }

  /** The number of a connection; one whose opening was not seen is opened here. */
  #connection(chunk: Chunk): number {
    const known = this.#connections.get(chunk.conn);
    if (known !== undefined) return known;
    this.#open({ ...chunk, kind: 'open', fromStart: false });
    return this.#connectionCount - 1;
  }

  #place(body: Buffer, { tsNs, client, server }: Chunk): void {
    body.writeDoubleLE(tsNs, 1);
    body.writeUInt32LE(this.#peer(client), 9);
    body.writeUInt32LE(this.#peer(server), 13);
  }

  #peer(peer: Peer | null): number {
    if (peer === null) return 0;
    const key = `${peer.pid}/${peer.tid}/${peer.comm}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    if (this.#peers.size >= MAX_PEERS) this.#peers.clear();
    this.#json(FRAME.peer, peer);
    this.#peers.set(key, ++this.#peerCount);
    return this.#peerCount;
  }

  #json(kind: number, value: object): void {
    this.#frame(kind, Buffer.from(JSON.stringify(value)));
  }

  #frame(kind: number, body: Uint8Array): void {
    this.#put(Buffer.concat([Buffer.from([kind]), body]));
  }

  #put(kindAndBody: Buffer): void {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32LE(kindAndBody.length, 0);
    prefix.writeUInt32LE(crc32(kindAndBody), 4);
    this.#file.write(prefix);
    this.#file.write(kindAndBody);
  }
}
