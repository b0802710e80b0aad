import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { cause, OutputError } from './errors.js';
import { writeLines } from './file-sink.js';
import { ReaderGone, type Sink } from './sink.js';

/** Waits between attempts to write into a full pipe, doubling from the first to the second. */
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 16;

/** How long a reader that takes nothing holds up a tool that was told to end. */
const PATIENCE_MS = 1000;

/**
 * Standard output. process.stdout is not used: it either blocks the whole process on a slow reader,
 * signals included, or queues without bound. Here a write that does not fit is a promise, and the
 * run loop takes no further batch until it is kept.
 */
export class StdoutSink implements Sink {
  readonly #fd: number;
  readonly #own: boolean;
  readonly #isFile: boolean;
  readonly #isSocket: boolean;
  readonly #hurry: AbortSignal | undefined;
  #socket: Socket | undefined;

  /** @param hurry once aborted, a reader that takes nothing is waited for one second only */
  constructor(fd = 1, hurry?: AbortSignal) {
    this.#hurry = hurry;
    const stats = fstatSync(fd);
    this.#isFile = stats.isFile();
    this.#isSocket = stats.isSocket();
    const waits = stats.isFIFO() || isatty(fd);
    const own = waits ? openNonBlocking(fd) : undefined;
    this.#fd = own ?? fd;
    this.#own = own !== undefined;
  }

  /** @throws ReaderGone, OutputError STDOUT_WRITE_FAILED or STDOUT_NOT_READ */
  write(bytes: Buffer): void | Promise<void> {
    if (this.#isFile) return writeLines(this.#fd, bytes, failure);
    if (this.#isSocket) return this.#writeSocket(bytes);
    const written = this.#attempt(bytes);
    if (written < bytes.length) return this.#rest(bytes.subarray(written));
  }

  close(): void {
    this.#socket?.destroy();
    if (this.#own) closeSync(this.#fd);
  }

  /** Writes what fits now, and returns how much that was. */
  #attempt(bytes: Buffer): number {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      if (cause(error) !== 'EAGAIN') throw failure(error);
    }
    return written;
  }

  async #rest(bytes: Buffer): Promise<void> {
    let left = bytes;
    let wait = FIRST_WAIT_MS;
    let idleSince: number | undefined;
    while (left.length > 0) {
      await sleep(wait);
      const written = this.#attempt(left);
      left = left.subarray(written);
      wait = written > 0 ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
      if (written > 0 || !this.#hurry?.aborted) idleSince = undefined;
      else idleSince ??= performance.now();
      if (idleSince !== undefined && performance.now() - idleSince > PATIENCE_MS) {
        throw notRead(left.length);
      }
    }
  }

  async #writeSocket(bytes: Buffer): Promise<void> {
    const { Socket } = await import('node:net');
    // Errors are taken from the callback of each write; the event comes after it.
    this.#socket ??= new Socket({ fd: this.#fd, readable: false, writable: true }).on(
      'error',
      () => {},
    );
    const socket = this.#socket;
    await new Promise<void>((done, fail) => {
      const giveUp = () => setTimeout(() => fail(notRead(bytes.length)), PATIENCE_MS);
      if (this.#hurry?.aborted) giveUp();
      else this.#hurry?.addEventListener('abort', giveUp);
      // A copy, since the caller reuses the bytes even if it stops waiting.
      socket.write(Buffer.from(bytes), (error) => {
        this.#hurry?.removeEventListener('abort', giveUp);
        if (error) fail(failure(error));
        else done();
      });
    });
  }
}

function notRead(bytes: number): OutputError {
  return new OutputError(
    'STDOUT_NOT_READ',
    `standard output is not read: ${bytes} bytes of events were given up`,
    'the program behind the pipe has stopped reading; write to a file with -f PATH',
  );
}

/**
 * A second, non-blocking description of a pipe or terminal. Setting O_NONBLOCK on the one we were
 * given would change it for every process that shares it, the user's shell among them.
 */
function openNonBlocking(fd: number): number | undefined {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    return openSync(`/proc/self/fd/${fd}`, flags);
  } catch {
    // No /proc, or a pipe of another user: writes block then, which loses nothing either.
    return undefined;
  }
}

function failure(error: unknown): Error {
  if (error instanceof ReaderGone) return error;
  const why = cause(error);
  // EIO: the terminal has hung up.
  if (why === 'EPIPE' || why === 'EIO' || why === 'ECONNRESET') return new ReaderGone();
  return new OutputError(
    'STDOUT_WRITE_FAILED',
    `cannot write to standard output: ${why}`,
    why === 'ENOSPC' ? 'make room where standard output goes' : 'check where standard output goes',
    { cause: error },
  );
}
