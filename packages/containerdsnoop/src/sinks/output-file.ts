import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { openFailed, writeFailed } from './errors.js';

const FLUSH_BYTES = 256 * 1024;

function openOrMake(path: string): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
  try {
    const fd = openSync(path, flags | O_CREAT | O_EXCL, 0o600);
    giveToSudoer(fd);
    return fd;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return openSync(path, flags);
  }
}

/** What root makes for someone who called sudo is that one's. */
function giveToSudoer(fd: number): void {
  const uid = Number(process.env.SUDO_UID);
  const gid = Number(process.env.SUDO_GID);
  if (process.geteuid?.() === 0 && uid > 0 && gid >= 0) fchownSync(fd, uid, gid);
}

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
    let fd: number | undefined;
    try {
      fd = openOrMake(path);
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
