import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { openFailed, writeFailed } from './errors.js';

const FLUSH_BYTES = 256 * 1024;

/**
 * A file of ours: emptied if it is there, readable by its owner alone, and written in large pieces.
 * Opened while the process may do so, which can be long before it is written.
 */
export class OutputFile {
  readonly path: string;
  readonly #fd: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #isClosed = false;

  /** @throws {SinkError} `CAPTURE_FILE_OPEN_FAILED` also for links and for what is no file */
  constructor(path: string) {
    this.path = path;
    const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    let fd: number | undefined;
    try {
      fd = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
      if (!fstatSync(fd).isFile()) throw new Error('not a regular file');
      fchmodSync(fd, 0o600);
      ftruncateSync(fd, 0);
      this.#fd = fd;
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      throw openFailed(path, error);
    }
  }

  /**
   * Appends bytes, which have to stay as they are until the next `flush()`.
   *
   * @throws {SinkError} `CAPTURE_FILE_WRITE_FAILED`
   */
  write(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= FLUSH_BYTES) this.flush();
  }

  /** Hands everything over to the kernel. */
  flush(): void {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    } catch (error) {
      throw writeFailed(this.path, error);
    }
  }

  /** Flushes and closes; a second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.flush();
    } finally {
      closeSync(this.#fd);
    }
  }
}
