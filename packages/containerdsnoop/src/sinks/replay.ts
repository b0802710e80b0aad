import { type FileHandle, open } from 'node:fs/promises';
import type { Chunk } from '../decode/chunk.js';
import { LABELS } from './clean-streams.js';
import { openFailed } from './errors.js';
import { type RecordEnd, RecordReader } from './record-reader.js';

const READ_BYTES = 1 << 20;

/** A recording that is read again. */
export class Recording {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #reader = new RecordReader();
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  /** Chunks that came with the header. */
  #first: Chunk[] = [];

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Opens a recording and reads what it says about itself.
   *
   * @throws {SinkError} `CAPTURE_FILE_OPEN_FAILED`, `RECORD_UNKNOWN`
   */
  static async open(path: string): Promise<Recording> {
    const file = await open(path).catch((error) => Promise.reject(openFailed(path, error)));
    const recording = new Recording(file, path);
    try {
      while (recording.#reader.about === null && recording.#first.length === 0) {
        const bytes = await recording.#read();
        if (bytes.length === 0) break;
        // These outlive the buffer that they were read into.
        for (const chunk of recording.#reader.push(Buffer.from(bytes))) {
          recording.#first.push({ ...chunk, bytes: Buffer.from(chunk.bytes) });
        }
      }
      return recording;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get about(): RecordReader['about'] {
    return this.#reader.about;
  }

  /** FileDescriptorSet, null if there is none. */
  get schema(): Buffer | null {
    return this.#reader.schema;
  }

  /**
   * All chunks, in the blocks that they are read in; the bytes of one are valid until the next. Once,
   * and each block to its end before the next.
   *
   * @returns how the recording ended
   */
  async *blocks(): AsyncGenerator<Iterable<Chunk>, RecordEnd, void> {
    yield this.#first.splice(0);
    for (;;) {
      const bytes = await this.#read();
      if (bytes.length === 0) return this.#reader.end();
      yield this.#reader.push(bytes);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #read(): Promise<Buffer> {
    try {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, READ_BYTES, null);
      return this.#buffer.subarray(0, bytesRead);
    } catch (error) {
      throw openFailed(this.#path, error);
    }
  }
}

type Labelled = {
  method: string | null;
  pathSource: 'wire' | 'inferred' | 'ambiguous';
  candidates: readonly string[];
  protocol: 'grpc' | 'ttrpc' | 'http';
  headers: readonly (readonly [string, string])[] | null;
};

/**
 * Gives a message or a call of a recording without secrets the label back that it had when it was
 * recorded: its path was written by us, so that it being on the wire says nothing.
 */
export function relabel(of: Labelled): void {
  const own = new Map(of.headers?.filter(([name]) => name.startsWith('imagesnoop-')));
  if (own.size === 0) return;
  const source = own.get(LABELS.pathSource);
  if (source === 'inferred' || source === 'ambiguous') {
    of.pathSource = source;
    of.method = own.get(LABELS.method) ?? null;
    of.candidates = own.get(LABELS.candidates)?.split(' ') ?? [];
  }
  if (own.get(LABELS.protocol) === 'ttrpc') of.protocol = 'ttrpc';
  if (of.headers !== null) {
    of.headers = of.headers.filter(([name]) => !name.startsWith('imagesnoop-'));
  }
}
