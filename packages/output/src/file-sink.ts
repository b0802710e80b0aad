import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  realpathSync,
  writeSync,
} from 'node:fs';
import { cause, OutputError } from './errors.js';
import { partialLine, type Sink } from './sink.js';

const FLAGS =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_NOFOLLOW |
  constants.O_NOCTTY |
  // Opening a FIFO without a reader must fail, not wait.
  constants.O_NONBLOCK;

/** Only its owner may read a log: command lines and paths are private. */
const MODE = 0o600;

/**
 * A log file: appended to, made with mode 0600, never left with half a line.
 *
 * Open it before privileges are dropped. A file made under sudo is given to the user who called
 * sudo, so that `reopen` still works when the process has become that user.
 */
export class FileSink implements Sink {
  readonly path: string;
  #fd: number;

  /** @throws OutputError LOG_FILE_OPEN_FAILED */
  constructor(path: string) {
    this.path = path;
    this.#fd = openLog(path);
  }

  /**
   * Opens the path anew, for a log that was rotated away, and closes the old file. When that fails
   * (privileges were dropped, and the directory is root's), the old file stays in use and the error
   * says so: rotate with `copytruncate` then.
   *
   * @throws OutputError LOG_FILE_OPEN_FAILED
   */
  reopen(): void {
    const fd = openLog(this.path);
    closeSync(this.#fd);
    this.#fd = fd;
  }

  /** @throws OutputError LOG_FILE_WRITE_FAILED; the file then ends with a whole line. */
  write(bytes: Buffer): void {
    writeLines(this.#fd, bytes, (error) => {
      const why = cause(error);
      return new OutputError(
        'LOG_FILE_WRITE_FAILED',
        `cannot write to ${this.path}: ${why}`,
        why === 'ENOSPC' || why === 'EDQUOT'
          ? 'make room, or log to another file system with -f PATH'
          : 'log to another file with -f PATH, or use --no-file',
        { cause: error },
      );
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Writes to a file; when that fails, cuts the file back to its last whole line. */
export function writeLines(fd: number, bytes: Buffer, explain: (error: unknown) => Error): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    const partial = partialLine(bytes.subarray(0, written));
    const stats = fstatSync(fd);
    if (partial > 0 && stats.isFile()) ftruncateSync(fd, stats.size - partial);
    throw explain(error);
  }
}

function openLog(path: string): number {
  try {
    return openSecure(path);
  } catch (error) {
    if (error instanceof OutputError) throw error;
    throw failure(path, cause(error), 'choose another file with -f PATH, or use --no-file', error);
  }
}

function openSecure(path: string): number {
  const [fd, made] = openOrMake(path);
  const stats = fstatSync(fd);
  if (!stats.isFile() && !stats.isCharacterDevice()) {
    closeSync(fd);
    throw failure(path, 'not a regular file', 'use -o json and a pipe instead');
  }
  const sudoer = Number(process.env.SUDO_UID);
  if (made && process.geteuid?.() === 0 && sudoer > 0) {
    fchownSync(fd, sudoer, Number(process.env.SUDO_GID) || stats.gid);
  }
  return fd;
}

function openOrMake(path: string): [fd: number, made: boolean] {
  try {
    return [openSync(path, FLAGS | constants.O_CREAT | constants.O_EXCL, MODE), true];
  } catch (error) {
    if (cause(error) !== 'EEXIST') throw error;
  }
  try {
    return [openSync(path, FLAGS), false];
  } catch (error) {
    if (cause(error) !== 'ELOOP') throw error;
    // A link is followed if root or this user made it: in /tmp, another user's link would let that
    // user choose which file root writes to.
    const owner = lstatSync(path).uid;
    if (owner === 0 || owner === process.geteuid?.())
      return [openSync(realpathSync(path), FLAGS), false];
    throw failure(path, `a symbolic link of user ${owner}`, 'name the file itself', error);
  }
}

function failure(path: string, why: string, hint: string, error?: unknown): OutputError {
  return new OutputError('LOG_FILE_OPEN_FAILED', `cannot open log file ${path}: ${why}`, hint, {
    cause: error,
  });
}
