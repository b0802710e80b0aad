import { crc32 } from 'node:zlib';
import type { Chunk, Peer } from '../decode/chunk.js';
import { SinkError } from './errors.js';
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

/** More peers or connections than this in one recording are an attack on memory. */
const MAX_PEERS = 1 << 22;
const MAX_CONNECTIONS = 1 << 22;
const NO_BYTES = new Uint8Array();

/** How a recording ends. */
export type RecordEnd =
  /** As its writer ended it. */
  | 'whole'
  /** In the middle, as when the writer was killed. */
  | 'cut'
  /** At bytes that are none of a recording. */
  | 'damaged';

/**
 * Reads a recording (record-format.ts) from bytes as they come, in pieces of any size. Bounded: it
 * holds one frame at most, and what is longer than a frame may be is damage.
 */
export class RecordReader {
  /** Known once the first frames were read. */
  about: About | null = null;
  /** FileDescriptorSet, if the recording has one. */
  schema: Buffer | null = null;
  readonly #peers: (Peer | null)[] = [null];
  /** Undefined once closed. */
  readonly #connections: (string | undefined)[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #state: 'magic' | 'frames' | 'ended' | 'damaged' = 'magic';

  /**
   * Takes in bytes and gives the chunks that they complete. A chunk's bytes are valid until the next.
   *
   * @throws {SinkError} `RECORD_UNKNOWN` if this is no recording at all
   */
  *push(bytes: Buffer): Generator<Chunk, void, void> {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = Buffer.alloc(0);
    if (this.#state === 'magic') {
      if (data.length < MAGIC.length && MAGIC.subarray(0, data.length).equals(data)) {
        this.#rest = Buffer.from(data);
        return;
      }
      if (!data.subarray(0, MAGIC.length).equals(MAGIC)) throw notOurs();
      data = data.subarray(MAGIC.length);
      this.#state = 'frames';
    }
    let at = 0;
    while (this.#state === 'frames' && data.length - at >= PREFIX_BYTES) {
      const length = data.readUInt32LE(at);
      if (length === 0 || length > MAX_FRAME_BYTES) {
        this.#state = 'damaged';
        return;
      }
      const from = at + PREFIX_BYTES;
      if (data.length - from < length) break;
      const body = data.subarray(from, from + length);
      const chunk = crc32(body) === data.readUInt32LE(at + 4) ? this.#frame(body) : undefined;
      if (chunk === undefined) {
        this.#state = 'damaged';
        return;
      }
      at = from + length;
      if (chunk !== null) yield chunk;
    }
    if (this.#state === 'frames') this.#rest = Buffer.from(data.subarray(at));
  }

  /** How the recording ended, after all of it was pushed. */
  end(): RecordEnd {
    if (this.#state === 'ended') return 'whole';
    return this.#state === 'damaged' ? 'damaged' : 'cut';
  }

  /** A chunk, null for a frame that is none, undefined for one that cannot be. */
  #frame(body: Buffer): Chunk | null | undefined {
    try {
      switch (body[0]) {
        case FRAME.about:
          this.about = aboutOf(body);
          return null;
        case FRAME.schema:
          this.schema = Buffer.from(body.subarray(1));
          return null;
        case FRAME.peer:
          if (this.#peers.length > MAX_PEERS) return undefined;
          this.#peers.push(peerOf(body));
          return null;
        case FRAME.open:
          return this.#open(body);
        case FRAME.data:
          return this.#data(body);
        case FRAME.close:
          return this.#close(body);
        case FRAME.end:
          this.#state = 'ended';
          return null;
        default:
          return null;
      }
    } catch {
      // JSON that is none, a body that is too short.
      return undefined;
    }
  }

  #open(body: Buffer): Chunk | undefined {
    if (this.#connections.length >= MAX_CONNECTIONS || body.length <= OPEN_BYTES) return undefined;
    const conn = body.toString('utf8', OPEN_BYTES);
    this.#connections.push(conn);
    return this.#chunk(body, 'open', conn, true, 0, 0, NO_BYTES, body[17] === 1);
  }

  #data(body: Buffer): Chunk | undefined {
    const conn = this.#connectionOf(body);
    const offset = body.readDoubleLE(22);
    const length = body.readDoubleLE(30);
    const bytes = body.subarray(DATA_BYTES);
    if (conn === undefined || !isCount(offset) || !isCount(length)) return undefined;
    if (!(bytes.length <= length)) return undefined;
    return this.#chunk(body, 'data', conn, body[21] === 1, offset, length, bytes, false);
  }

  #close(body: Buffer): Chunk | undefined {
    const conn = this.#connectionOf(body);
    if (conn === undefined || body.length < CLOSE_BYTES) return undefined;
    this.#connections[body.readUInt32LE(17)] = undefined;
    return this.#chunk(body, 'close', conn, true, 0, 0, NO_BYTES, false);
  }

  #connectionOf(body: Buffer): string | undefined {
    return this.#connections[body.readUInt32LE(17)];
  }

  /** With when and who, which stand in the same place of all three. */
  #chunk(
    body: Buffer,
    kind: Chunk['kind'],
    conn: string,
    toServer: boolean,
    offset: number,
    length: number,
    bytes: Uint8Array,
    fromStart: boolean,
  ): Chunk {
    const tsNs = body.readDoubleLE(1);
    if (!isCount(tsNs)) throw new RangeError('time');
    const client = this.#peers[body.readUInt32LE(9)];
    const server = this.#peers[body.readUInt32LE(13)];
    if (client === undefined || server === undefined) throw new RangeError('peer');
    return { kind, conn, toServer, tsNs, offset, length, bytes, fromStart, client, server };
  }
}

function isCount(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER && Number.isInteger(value);
}

function aboutOf(body: Buffer): About {
  const { tool, version, wall_offset_ns, redacted } = JSON.parse(body.toString('utf8', 1));
  return {
    tool: String(tool),
    version: String(version),
    wall_offset_ns: String(BigInt(wall_offset_ns)),
    redacted: redacted === true,
  };
}

function peerOf(body: Buffer): Peer {
  const { pid, tid, comm } = JSON.parse(body.toString('utf8', 1));
  if (!Number.isInteger(pid) || !(tid === null || Number.isInteger(tid))) {
    throw new RangeError('peer');
  }
  return { pid, tid, comm: String(comm).slice(0, 64) };
}

function notOurs(): SinkError {
  return new SinkError(
    'RECORD_UNKNOWN',
    'this file is no recording of containerdsnoop, or one of a newer version',
    'Recordings are made with -w FILE.',
  );
}
